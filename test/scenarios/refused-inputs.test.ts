import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { errorOf } from '../support/evidence.ts'
import { openScene, type Scene } from '../support/scene.ts'

interface Case {
  readonly inputs: Readonly<Record<string, string>>
  /** The input that is wrong, what was given, and something of what is legal. */
  readonly names: readonly [input: string, value: string, legal: string]
}

const CASES: readonly Case[] = [
  { inputs: { workload: '' }, names: ['workload', '', 'Deployment'] },
  { inputs: { environment: '' }, names: ['environment', '', 'record: false'] },
  { inputs: { image: '', manifests: '' }, names: ['image', '', 'manifests'] },
  { inputs: { image: 'Shop:1' }, names: ['image', 'Shop:1', 'ghcr.io/org/app'] },
  { inputs: { image: 'shop@sha256:12' }, names: ['image', 'shop@sha256:12', 'sha256'] },
  { inputs: { image: 'shop:' }, names: ['image', 'shop:', 'a tag of letters'] },
  { inputs: { weight: '101' }, names: ['weight', '101', '100'] },
  { inputs: { weight: 'abc' }, names: ['weight', 'abc', '0'] },
  { inputs: { weight: '30' }, names: ['weight', '30', '5, 25, 50, 100'] },
  { inputs: { plan: '50, 25' }, names: ['plan', '50, 25', 'rise'] },
  { inputs: { plan: '5, 5' }, names: ['plan', '5, 5', 'rise'] },
  { inputs: { plan: '5, abc' }, names: ['plan', 'abc', '0'] },
  { inputs: { plan: '5, 250' }, names: ['plan', '250', '100'] },
  { inputs: { plan: '0, 50', traffic: 'replicas' }, names: ['plan', '0, 50', 'above 0'] },
  { inputs: { soak: '5' }, names: ['soak', '5', '5m'] },
  { inputs: { soak: '-1s' }, names: ['soak', '-1s', '5m'] },
  { inputs: { soak: '1s, 2s' }, names: ['soak', '1000ms, 2000ms', '4'] },
  { inputs: { interval: '1ms' }, names: ['interval', '1ms', '100ms'] },
  { inputs: { drain: '1ms' }, names: ['drain', '1ms', 'settle'] },
  { inputs: { timeout: 'soon' }, names: ['timeout', 'soon', '5m'] },
  { inputs: { traffic: 'httproutes/shop' }, names: ['traffic', 'httproutes/shop', 'httproute/NAME'] },
  { inputs: { traffic: 'httproute/' }, names: ['traffic', 'httproute/', 'the name of an HTTPRoute'] },
  { inputs: { traffic: 'ingress/shop' }, names: ['traffic', 'ingress/shop', 'httproute/NAME'] },
  { inputs: { promote: 'maybe' }, names: ['promote', 'maybe', 'auto'] },
  { inputs: { 'on-failure': 'ignore' }, names: ['on-failure', 'ignore', 'retreat'] },
  { inputs: { 'dry-run': 'perhaps' }, names: ['dry-run', 'perhaps', 'true'] },
  { inputs: { 'canary-labels': 'app' }, names: ['canary-labels', 'app', 'app=shop-canary'] },
  { inputs: { 'gates-file': 'nowhere.yml' }, names: ['gates-file', 'nowhere.yml', 'file'] },
  { inputs: { 'gates-file': '/dev/null' }, names: ['gates-file', '/dev/null', 'at least one gate'] },
  { inputs: { gates: '- name: up\n  htp: {path: /}\n' }, names: ['gates', 'htp', 'http'] },
  {
    inputs: { gates: '- name: up\n  http: {path: /, port: 80, statsu: 200}\n' },
    names: ['gates', 'statsu', 'status'],
  },
  {
    inputs: { gates: '- name: up\n  kubernetes: restart\n  max: 0\n' },
    names: ['gates', 'restart', 'restarts'],
  },
  { inputs: { gates: '- name: up\n  kubernetes: restarts\n' }, names: ['gates', 'up', 'max'] },
  { inputs: { gates: '- preset: golden\n' }, names: ['gates', 'golden', 'golden-signals'] },
  { inputs: { gates: '{' }, names: ['gates', '', 'line 1'] },
  { inputs: { 'require-attestation': 'true' }, names: ['require-attestation', 'true', 'image'] },
  { inputs: { 'require-attestation': 'perhaps' }, names: ['require-attestation', 'perhaps', 'false'] },
]

describe('a bad input is refused, by name, value and what is legal, before anything is asked:', () => {
  let scene: Scene
  beforeAll(async () => {
    scene = await openScene({ rate: 0 })
  }, 120_000)
  afterAll(async () => {
    await scene[Symbol.asyncDispose]()
  })

  test.each(CASES.map((each) => [JSON.stringify(each.inputs), each] as const))(
    '%s',
    async (_, { inputs, names }) => {
      const ours = (): number =>
        scene.stage.embedded?.requests.all().filter(({ user }) => user.includes('serviceaccount')).length ?? 0
      const asked = ours()
      const done = await scene.release({ version: '2', inputs })

      const error = errorOf(done)
      for (const part of names) expect(error).toContain(part)
      expect(done.exitCode).toBe(1)
      expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'invalid-input' })
      expect(ours()).toBe(asked)
      expect(scene.github.events).toEqual([])
      // Post has nothing to complete, and says nothing of its own.
      expect(done.post?.exitCode).toBe(0)
    },
    120_000,
  )
})
