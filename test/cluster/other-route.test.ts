import { expect, test } from '@jest/globals'
import { appRoute, startLoad, until } from '@release-actions/lab'
import { expectDecision, GOLDEN_SIGNALS, MINUTES, openOnCluster, whatIsLeft } from '../support/cluster.ts'
import { errorOf, failuresOf, resultOf } from '../support/evidence.ts'

test(
  'an older route with the same hostname has the traffic, while ours is accepted: seen, said, and never promoted',
  async () => {
    await using scene = await openOnCluster({ replicas: 2, rate: 0 })
    const { stage, host } = scene
    // The older route should win by its age, which counts in seconds; Traefik 3.6 goes by the name instead, of which the
    // last in the alphabet wins. It leads to the same pods, directly.
    await stage.remove('HTTPRoute', 'shop')
    await stage.apply(
      { ...(await stageService(stage)), metadata: { name: 'same-pods' } },
      appRoute('zoo', host, 'same-pods'),
    )
    await stage.answers(host)
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    await stage.apply(appRoute('shop', host))
    await until(30_000, 'the younger route to be accepted', async () =>
      JSON.stringify(await stage.get('HTTPRoute', 'shop')).includes('"type":"Accepted"'),
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
    expect(Object.keys(load.counts())).toEqual(['1'])
    expect(failuresOf(load)).toEqual([])
    expect(await whatIsLeft(scene)).toEqual({ ...before, outcome: 'retreated' })
  },
  5 * MINUTES,
)

/** The scene's Service again, for another name. */
async function stageService(stage: {
  get(kind: string, name: string): Promise<{ readonly [field: string]: unknown } | undefined>
}): Promise<{ apiVersion: string; kind: string; spec: object }> {
  const { selector } = ((await stage.get('Service', 'shop'))?.['spec'] ?? {}) as { selector?: object }
  return { apiVersion: 'v1', kind: 'Service', spec: { selector, ports: [{ port: 80, targetPort: 'http' }] } }
}
