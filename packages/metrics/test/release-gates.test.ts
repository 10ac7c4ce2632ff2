import { describe, expect, test } from '@jest/globals'
import { parseGates, type Gate } from '@release-actions/judge'
import { applicable, podsReady } from '../src/index.ts'

const GATES = `
- preset: golden-signals
  scrape: {port: http}
- name: up
  http: {path: /healthz, port: http}
- name: outside
  http: {url: "https://example.test/"}
- name: smoke
  run: "true"
`
const names = (gates: readonly Gate[]): readonly string[] => gates.map(({ name }) => name)

describe('the gates of a stage', () => {
  test('are all of them while both versions have traffic', async () => {
    const gates = await parseGates('gates', GATES)
    expect(applicable(gates, '25')).toEqual(gates)
  })

  test('are those that need no traffic at weight 0', async () => {
    const gates = await parseGates('gates', GATES)
    expect(names(applicable(gates, '0'))).toEqual(['restarts', 'readiness', 'up', 'outside', 'smoke'])
  })

  test('compare with nothing at 100, where the stable serves nobody, and keep their own limits', async () => {
    const gates = applicable(await parseGates('gates', GATES), '100')
    expect(names(gates)).toEqual(['error rate', 'restarts', 'readiness', 'up', 'outside', 'smoke'])
    expect(gates[0]?.rules.limits).toEqual([{ kind: 'max', value: 0.01 }])
  })

  test('are those on its own pods for a stable that was promoted', async () => {
    const gates = [podsReady(), ...(await parseGates('gates', GATES))]
    expect(names(applicable(gates, 'stable'))).toEqual(['pods ready', 'restarts', 'readiness', 'up'])
  })

  test('are those that need no traffic, with nothing to compare, for a colour before the switch', async () => {
    const gates = await parseGates('gates', GATES)
    const judged = applicable(gates, 'pre-switch')
    expect(names(judged)).toEqual(['restarts', 'readiness', 'up', 'outside', 'smoke'])
  })

  test('compare with nothing after the switch: the old colour serves nobody', async () => {
    const gates = await parseGates('gates', GATES)
    expect(applicable(gates, 'post-switch')).toEqual(applicable(gates, '100'))
  })
})
