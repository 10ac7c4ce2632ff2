import { expect, test } from '@jest/globals'
import { startLoad, until, type Manifest } from '@release-actions/lab'
import {
  expectDecision,
  GOLDEN_SIGNALS,
  MINUTES,
  now,
  openOnCluster,
  whatIsLeft,
} from '../support/cluster.ts'
import { errorOf, failuresOf, resultOf } from '../support/evidence.ts'

/**
 * A route of the same hostname that the clients' requests match more closely, so that every implementation prefers it.
 * Of two that match alike the older should win; Traefik 3.6 takes either, so a test cannot count on that.
 */
function closerRoute(host: string): Manifest {
  const headers = [{ name: 'user-agent', value: 'release-actions-lab' }]
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'closer' },
    spec: {
      parentRefs: [{ name: 'gateway' }],
      hostnames: [host],
      rules: [{ matches: [{ headers }], backendRefs: [{ name: 'same-pods', port: 80 }] }],
    },
  }
}

/** The stable's pods under another name. */
const SAME_PODS: Manifest = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'same-pods' },
  spec: { selector: { app: 'shop' }, ports: [{ port: 80, targetPort: 'http' }] },
}

test(
  'another route of the same hostname has the traffic, while ours is accepted: seen, said, and never promoted',
  async () => {
    await using scene = await openOnCluster({ replicas: 2, rate: 0 })
    const { stage, host } = scene
    await stage.apply(SAME_PODS, closerRoute(host))
    await until(30_000, 'the closer route to be accepted', async () =>
      JSON.stringify(await stage.get('HTTPRoute', 'closer')).includes('"type":"Accepted"'),
    )
    const before = await whatIsLeft(scene)
    const load = startLoad({
      url: stage.gatewayUrl,
      host,
      rate: 60,
      keepAlive: true,
      versionOf: ({ headers }) => headers['x-version'],
      timeoutMs: 10_000,
    })
    const from = now()
    const done = await scene.release({
      version: '2',
      inputs: {
        plan: '50, 100',
        soak: '5s',
        interval: '1s',
        gates: GOLDEN_SIGNALS,
        'stable-service': 'shop',
      },
    })
    await load.stop()

    expectDecision(done, 'retreated')
    expect(done.outputs['reason-code']).toBe('inconclusive')
    expect(errorOf(done)).toMatch(/no data|inconclusive/)
    expect(resultOf(done).evidence.shifts[0]).toMatchObject({ weight: 50, verified: 'unobserved' })
    expect(Object.keys(load.counts(from))).toEqual(['1'])
    expect(failuresOf(load)).toEqual([])
    expect(await whatIsLeft(scene)).toEqual({ ...before, outcome: 'retreated' })
  },
  5 * MINUTES,
)
