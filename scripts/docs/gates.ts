/** `action-docs/gates.md`: what people wrote (packages/judge/docs/gates.md), with tables of what the code knows. */
import { readFileSync } from 'node:fs'
import {
  formatLimit,
  KUBERNETES_SIGNALS,
  TEMPLATE_NAMES,
  UNITS,
  type ErrorReason,
  type Gate,
  type NoDataReason,
  type Note,
  type TemplateName,
} from '@release-actions/judge'
import { readGates } from '../../packages/judge/src/grammar/gates.ts'
import type { RawGate, RawRules } from '../../packages/judge/src/grammar/shape.ts'
import { inRepo } from '../lib/repo.ts'

type SourceKey = 'http' | 'prometheus' | 'scrape' | 'kubernetes' | 'json' | 'run'

/** The types make these complete: a key without its line does not compile. */
const SOURCES: Readonly<Record<SourceKey & keyof RawGate, readonly [value: string, reach: string]>> = {
  http: [
    '1 when the answers meet `status` (default 2xx) and `body`, else 0; with `signal: latency` the slowest, in seconds',
    '`url` from the runner; `path` and `port`: every ready pod, through the API server',
  ],
  prometheus: [
    "the query's instant value, for the new version and for the baseline; or how many of `alerts` fire",
    '`url` from the runner; `service: namespace/name:port` through the API server',
  ],
  scrape: ["what the pods' own metrics counted since the window began", 'the pods, through the API server'],
  kubernetes: [`${KUBERNETES_SIGNALS.map((one) => `\`${one}\``).join(', ')}`, 'the API server'],
  json: ['the number at `pointer` (RFC 6901)', '`path` in the workspace, or `url`'],
  run: ["a command's exit code, or with `value: stdout` the number that it prints", 'the runner'],
}

const RULES: Readonly<Record<keyof RawRules, readonly [fallback: string, meaning: string]>> = {
  max: ['–', 'the value is at most this'],
  min: ['–', 'the value is at least this'],
  'max-delta': ['–', 'new − baseline is at most this, in the unit of the value'],
  'min-delta': ['–', 'new − baseline is at least this'],
  'max-increase': ['–', 'at most so much above the baseline, relative to it'],
  'max-decrease': ['–', 'at most so much below the baseline, relative to it'],
  'baseline-floor': ['–', 'with the two above: a smaller baseline counts as this'],
  'consecutive-successes': ['–', 'so many passing samples in a row at the end of the window'],
  'failure-limit': ['0', 'failed samples that are allowed in the window'],
  'error-limit': [
    '4',
    'errors of the source in a row that are allowed; one more and the gate is inconclusive at once',
  ],
  'min-samples': ['1', 'samples that passed or failed, which a pass needs'],
  enforce: ['`true`', '`false`: advisory: shown, never decides'],
  'on-inconclusive': ['`fail`', '`hold`: a canary keeps its weight and the step fails; `pass`: let it pass'],
  interval: ["the step's", 'the least time between two samples of this gate'],
}

const TEMPLATES: Readonly<Record<TemplateName, string>> = {
  namespace: 'the Kubernetes namespace',
  service: 'the input `service`, by default the workload',
  workload: 'the Deployment that is asked about: the canary or the stable; with blue/green a colour',
  version: 'the version; of the baseline in health-gate the tag of its image, elsewhere `stable`',
  track:
    '`canary` for what is judged, `stable` for what it is compared with; with blue/green `blue` and `green`',
  pods: "a regular expression for the pods' names, also of pods that replace them",
  'kube-service': 'the Service of the track',
  window: 'the time that has been judged so far, at most the soak: `45s`',
}

const OUTCOMES: Readonly<Record<NoDataReason | ErrorReason, string>> = {
  empty: 'no data: no series, no such metric, nothing printed',
  nan: 'no data: 0 ÷ 0, usually because there were no requests',
  infinite: 'no data: a division by 0',
  'no-pods': 'no data: there is no pod, or none that is ready',
  'pod-gone': 'no data: every pod that had given data is gone',
  'too-early': 'no data: the window has only begun, and a delta needs two looks',
  'too-few-observations': 'no data: fewer requests in the window than `min-observations`',
  missing: 'no data: there is no such file, or nothing at the pointer',
  'zero-baseline': 'no data: a ratio to a baseline of 0',
  'no-baseline': 'no data: the baseline had none, or its source failed',
  'beyond-buckets':
    "no data: the quantile lies above the histogram's last bucket, so it may be beyond the limit",
  'source-error': 'error: the source answered something that is not its API, or could not be asked',
  unreachable: 'error: no connection',
  timeout: 'error: no answer within the interval (at least a second)',
  unauthorised: 'error: 401 or 403',
  'bad-query': 'error: Prometheus refuses the query',
  'several-series': 'error: the query gives more than one series: aggregate it',
  'not-a-number': 'error: text, a range or a histogram where a number is expected',
  'unexpected-answer': 'error: not JSON; or no latency, because the answer was wrong',
  'label-missing': 'error: the counter has no such label, so every request would look like a success',
  'not-offered': 'error: the metric is a summary or a native histogram, and the signal needs classic buckets',
  'no-limit': 'error: a pod has no limit to be a share of',
  'no-metrics-server': 'error: the cluster has no metrics server',
  'unknown-alert': 'error: no rule defines that alert, so it could never fire',
}

const NOTES: Readonly<Record<Exclude<Note['reason'], 'output' | 'warning'>, true>> = {
  'counter-reset': true,
  'pod-gone': true,
  'pod-not-ready': true,
}

export function gatesPage(): string {
  const written = readFileSync(inRepo('packages', 'judge', 'docs', 'gates.md'), 'utf8').trim()
  const filled: Readonly<Record<string, string>> = {
    'table: sources': table(
      ['source', 'value', 'reaches it'],
      Object.entries(SOURCES).map(([key, rest]) => [`\`${key}\``, ...rest]),
    ),
    'table: rules': table(
      ['rule', 'default', 'meaning'],
      Object.entries(RULES).map(([key, rest]) => [`\`${key}\``, ...rest]),
    ),
    'table: templates': table(
      ['template', 'is'],
      TEMPLATE_NAMES.map((name) => [`\`{{ ${name} }}\``, TEMPLATES[name]]),
    ),
    'table: outcomes': table(
      ['outcome', 'meaning'],
      Object.entries(OUTCOMES).map(([name, meaning]) => [`\`${name}\``, meaning]),
    ),
    'table: preset': presetTable(),
    'list: units': UNITS.map((unit) => `\`${unit}\``).join(', '),
    'list: notes': Object.keys(NOTES)
      .map((note) => `\`${note}\``)
      .join(', '),
  }
  const body = written.replace(
    /\{\{ ((?:table|list): \w+) \}\}/g,
    (whole, key: string) => filled[key] ?? whole,
  )
  const generated =
    '<!-- Generated by `npm run docs` from packages/judge: docs/gates.md and the code. Edit those. -->'
  return `# Gates\n\n${generated}\n\n${body}\n`
}

/** What the preset stands for, as the grammar reads it. */
function presetTable(): string {
  const yaml = '- preset: golden-signals\n  scrape: {port: 9090}'
  const compared = readGates('gates', yaml)
  const alone = readGates('gates', yaml, { baseline: false })
  const rows = compared.map((gate) => [
    `\`${gate.name}\``,
    limits(gate),
    limits(alone.find(({ name }) => name === gate.name) ?? gate),
  ])
  return table(['gate', 'beside a baseline', 'alone'], rows)
}

function limits({ rules, unit }: Gate): string {
  const allowed = rules.failureLimit > 0 ? [`${rules.failureLimit} sample may fail`] : []
  return [...rules.limits.map((limit) => formatLimit(limit, unit)), ...allowed].join(', ')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
