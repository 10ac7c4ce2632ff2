import type { Percent, ReasonCode } from '@release-actions/values'
import { appendPairs } from './commands.ts'

export const DECISIONS = [
  'advanced',
  'promoted',
  'switched',
  'rolled-back',
  'unchanged',
  'planned',
  'retreated',
  'held',
  'failed',
  'superseded',
  'cancelled',
  'built',
  'pass',
  'fail',
  'inconclusive',
] as const
export type Decision = (typeof DECISIONS)[number]

/** What a step has to say to the next one. Everything that is known; what is not is left out. */
export interface Outcome {
  readonly decision?: Decision
  readonly reasonCode?: ReasonCode
  /** One sentence for people. */
  readonly message?: string
  /** What runs now. */
  readonly version?: string
  readonly digest?: string
  /** What ran before. */
  readonly previousVersion?: string
  readonly previousDigest?: string
  /** The new version's configured share, and the share that was seen. */
  readonly weight?: Percent
  readonly measuredWeight?: Percent
  readonly deploymentId?: number
  readonly checkRunId?: number
  /** Plain data; only in `result`. */
  readonly evidence?: unknown
}

/** The outputs that the actions share, by their names in action.yml. An action spreads them into its own. */
export const SHARED_OUTPUTS = {
  decision: {
    description:
      'What became of it: `advanced`, `promoted`, `switched`, `rolled-back`, `unchanged`, `planned`; or `retreated`, `held`, `failed`, `superseded`, `cancelled`; a gate: `pass`, `fail`, `inconclusive`.',
  },
  'reason-code': { description: 'Why, as a code of a closed set; empty when the goal was reached.' },
  message: { description: 'One sentence for people.' },
  version: { description: 'The version that runs now.' },
  digest: { description: 'Its digest.' },
  'previous-version': { description: 'The version that ran before.' },
  'previous-digest': { description: 'Its digest.' },
  weight: { description: "The new version's configured share of the traffic, 0–100." },
  'measured-weight': { description: "The new version's share of the traffic as it was seen, 0–100." },
  'deployment-id': { description: 'The GitHub Deployment that records it.' },
  'check-run-id': { description: 'The check run that holds the evidence.' },
  result: { description: 'All of it and the evidence, as JSON: `{"schema": 1, …}`.' },
} as const

/** The `result` must leave room: a job's outputs hold 1 MiB together. */
const MOST_RESULT_CHARACTERS = 262_144

export interface Outputs {
  /** Adds to what is known; written once, when the step ends, before it fails. */
  set(part: Outcome): void
  /** An output of one action only, by its name in action.yml. */
  setOwn(name: string, value: string): void
  readonly known: Outcome
  /** To GITHUB_OUTPUT. */
  write(): void
}

export function createOutputs(file: string | undefined): Outputs {
  let known: Outcome = {}
  const own: Record<string, string> = {}
  return {
    set: (part) => {
      known = { ...known, ...part }
    },
    setOwn: (name, value) => {
      own[name] = value
    },
    get known() {
      return known
    },
    write: () => appendPairs(file, { ...sharedPairs(known), ...own }),
  }
}

/** The shared outputs as text, `result` among them; what is not known is the empty string. */
export function sharedPairs(known: Outcome): Readonly<Record<keyof typeof SHARED_OUTPUTS, string>> {
  const text = (value: string | number | undefined): string => (value === undefined ? '' : String(value))
  return {
    decision: text(known.decision),
    'reason-code': text(known.reasonCode),
    message: text(known.message),
    version: text(known.version),
    digest: text(known.digest),
    'previous-version': text(known.previousVersion),
    'previous-digest': text(known.previousDigest),
    weight: text(known.weight),
    'measured-weight': text(known.measuredWeight),
    'deployment-id': text(known.deploymentId),
    'check-run-id': text(known.checkRunId),
    result: resultJson(known),
  }
}

function resultJson(known: Outcome): string {
  const whole = JSON.stringify({ schema: 1, ...known })
  if (whole.length <= MOST_RESULT_CHARACTERS) return whole
  return JSON.stringify({
    schema: 1,
    ...known,
    evidence: undefined,
    evidenceLeftOut: `${whole.length} characters are too many`,
  })
}
