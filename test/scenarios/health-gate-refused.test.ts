/** What can be known to be wrong is said before anything is asked of anyone. */
import { expect, jest, test } from '@jest/globals'
import { startGitHub } from '@release-actions/lab'
import { judge } from '../support/gate.ts'

// Each starts processes: on a busy machine that takes its time.
jest.setTimeout(60_000)

const OK = '- {name: a, run: "true"}'
const POD = '- {name: up, http: {path: /healthz, port: 8080}}'

test.each<[what: string, inputs: Readonly<Record<string, string>>, error: RegExp]>([
  ['no gates at all', {}, /gates: nothing is not valid; use a YAML list of gates, or gates-file/],
  ['a file that is not there', { 'gates-file': 'absent.yml' }, /gates-file: "absent\.yml".*can be read/],
  ['a list that is none', { gates: 'name: a' }, /gates: .* use a YAML list/],
  [
    'a mistyped key',
    { gates: '- {name: a, http: {url: "http://x"}, mx: 1}' },
    /gates\[0\]\.mx.*use max\?.*gate "a", line 1/,
  ],
  ['no source', { gates: '- {name: a, max: 1}' }, /one source/],
  ['no rule', { gates: '- {name: a, json: {path: a, pointer: /b}}' }, /at least one of max/],
  ['two of one name', { gates: `${OK}\n${OK}` }, /a name that no other gate has/],
  [
    'a gate on pods without a workload',
    { gates: POD },
    /workload: nothing is not valid; use a Deployment: gate "up" looks at its pods/,
  ],
  ['a baseline without a workload', { gates: OK, baseline: 'b' }, /baseline: "b".*together with workload/],
  [
    'a baseline that is the workload',
    { gates: OK, workload: 'b', baseline: 'b' },
    /another Deployment than workload/,
  ],
  [
    'a comparison without a baseline',
    { gates: '- {name: a, kubernetes: ready, max-delta: 1pp}', workload: 'w' },
    /no baseline to compare with/,
  ],
  [
    'a version that a gate names',
    { gates: '- {name: a, http: {url: "http://x/{{ version }}"}}' },
    /version: nothing.*\{\{ version \}\}/,
  ],
  [
    'a soak too short for the samples',
    { gates: '- {name: a, run: "true", min-samples: 9}', soak: '1s', interval: '1s' },
    /a soak of 1s sampled every 1s gives 2/,
  ],
  [
    'one look for a gate that needs two',
    { gates: '- {name: a, scrape: {port: 1, signal: rate}, max: 1}', workload: 'w', soak: '0s' },
    /a soak of 0s/,
  ],
  ['a soak without a unit', { gates: OK, soak: '60' }, /soak: "60".*a duration/],
  ['an interval of nothing', { gates: OK, interval: '10ms' }, /interval: "10ms".*at least 100ms/],
  ['half a SHA', { gates: OK, 'head-sha': 'abc123' }, /head-sha: "abc123".*40 hexadecimal/],
  ['no token', { gates: OK, token: '' }, /token: nothing.*github\.token.*record: false/],
  [
    'an unset token for Prometheus',
    { gates: '- {name: a, prometheus: {url: "http://x", token-from-env: NOPE, query: up}, max: 1}' },
    /\$NOPE.*environment variable that is set/,
  ],
])('%s', async (_, inputs, error) => {
  const github = await startGitHub()
  try {
    const judged = await judge({ inputs, kubeconfig: '/nowhere/kubeconfig' }, github)
    expect(judged.verdict).toBe('failed (1)')
    expect(judged.done.outputs['reason-code']).toBe('invalid-input')
    expect(judged.error).toMatch(error)
    expect(github.events).toEqual([])
  } finally {
    await github.close()
  }
})
