import { expect, test } from '@jest/globals'
import { binomialBounds } from '@release-actions/lab'
import {
  expectDecision,
  GOLDEN_SIGNALS,
  MINUTES,
  now,
  openOnCluster,
  publish,
  SETTLE_MS,
} from '../support/cluster.ts'
import { expectSharesHeld, failuresOf, resultOf } from '../support/evidence.ts'

test(
  'a good release under load: no request fails, every weight is what clients see, and nobody meets it early',
  async () => {
    await using scene = await openOnCluster({ replicas: 3, rate: 100 })
    const { stage, load } = scene
    if (load === undefined) throw new Error('this test needs clients')
    const route = await stage.get('HTTPRoute', 'shop')
    const client = await stage.inClusterClient('shop')
    const from = now()
    const running = scene.start({
      version: '2',
      inputs: { soak: '4s', interval: '1s', gates: GOLDEN_SIGNALS },
    })
    await running.logged(/roll the new version out/)
    const early = await client.counts()
    const done = await running.done
    const took = now() - from

    const { shifts } = resultOf(done).evidence
    publish(
      'release-under-load',
      shifts.flatMap(({ weight, at, verified }, index) => {
        const until = shifts[index + 1]?.at
        if (until === undefined) return []
        const counts = load.counts(at + SETTLE_MS, until - 50)
        const requests = Object.values(counts).reduce((sum, count) => sum + count, 0)
        const canary = counts['2'] ?? 0
        const { least, most } = binomialBounds(requests, weight / 100, 0.999)
        const seen = `${((canary / Math.max(1, requests)) * 100).toFixed(1)} %`
        return [{ weight: `${weight} %`, requests, canary, seen, 'by chance': `${least}–${most}`, verified }]
      }),
    )
    publish('release-under-load-total', [
      {
        requests: load.between(from).length,
        failed: load.failed(from).length,
        'not sent': load.missed,
        'p99 ms': (load.percentile(99, from) ?? 0).toFixed(0),
        seconds: (took / 1000).toFixed(0),
      },
    ])

    expectDecision(done, 'promoted')
    expect(failuresOf(load)).toEqual([])
    expect(shifts.map(({ weight }) => weight)).toEqual([5, 25, 50, 100, 0])
    expectSharesHeld(done, load, '2', SETTLE_MS)
    expect(Object.keys(early)).toEqual(['1'])
    expect(await client.counts()).toHaveProperty('2')
    expect((await stage.get('HTTPRoute', 'shop'))?.['spec']).toEqual(route?.['spec'])
    expect(scene.github.violations).toEqual([])
  },
  5 * MINUTES,
)
