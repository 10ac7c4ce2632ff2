import { describe, expect, test } from '@jest/globals'
import type { WindowVerdict } from '@release-actions/ports'
import type { RedeployStage } from '@release-actions/release'
import { verifyRestored, type Verification } from '../../src/index.ts'
import { RedeployWorld } from '../redeploy-world.ts'

const SOAK_MS = 25_000

function verify(
  world: RedeployWorld,
  cancelled: AbortSignal = new AbortController().signal,
  stages: RedeployStage[] = [],
): Promise<Verification> {
  const { clock, gates } = world.process()
  return verifyRestored({ clock, gates }, 2, SOAK_MS, cancelled, (stage) => void stages.push(stage))
}

describe('what serves after traffic alone has moved', () => {
  test('is judged as often as asked, each time over a window of its own, and nothing is written', async () => {
    const world = new RedeployWorld()
    const stages: RedeployStage[] = []
    const begin = world.clock.now()
    expect(await verify(world, undefined, stages)).toEqual({ kind: 'pass' })
    expect(stages).toEqual(['restored-1', 'restored-2'])
    expect(world.clock.now() - begin).toBeGreaterThanOrEqual(2 * SOAK_MS)
    expect(world.writes).toEqual([])
    expect(world.open.windows).toBe(0)
  })

  test.each<[string, WindowVerdict, Verification]>([
    [
      'fails with the gate',
      { kind: 'fail', code: 'unhealthy', reason: 'p99' },
      { kind: 'fail', code: 'unhealthy', reason: 'p99' },
    ],
    [
      'is not known to be well when the gates hold',
      { kind: 'hold', reason: 'no data' },
      { kind: 'fail', code: 'inconclusive', reason: 'no data' },
    ],
  ])('%s', async (_, verdict, expected) => {
    const world = new RedeployWorld()
    world.nature.verdict = (stage) => (stage === 'restored-2' ? verdict : { kind: 'pass' })
    const stages: RedeployStage[] = []
    expect(await verify(world, undefined, stages)).toEqual(expected)
    expect(stages).toEqual(['restored-1', 'restored-2'])
    expect(world.open.windows).toBe(0)
  })

  test('is left unjudged at once when it is cancelled', async () => {
    for (const after of [0, 3_000, 30_000]) {
      const world = new RedeployWorld()
      const cancel = new AbortController()
      const at = world.clock.now() + after
      world.clock.in(after, () => cancel.abort())
      expect(await verify(world, cancel.signal)).toMatchObject({ kind: 'fail', code: 'cancelled' })
      expect(world.clock.now() - at).toBeLessThan(1_000)
      expect(world.open.windows).toBe(0)
    }
  })
})
