import { expect, test } from '@jest/globals'
import type { ActionResult, InClusterClient } from '@release-actions/lab'
import { expectDecision, MINUTES, openOnCluster, publish } from '../support/cluster.ts'
import { failuresOf, resultOf } from '../support/evidence.ts'
import { APPLIED, NEVER, settled, switchTo, UP } from '../support/switching.ts'

interface SwitchMade {
  readonly to: string
  /** Noted right after the patch. */
  readonly at: number
  readonly verified: string
}

const switchesOf = (done: ActionResult): readonly SwitchMade[] =>
  (resultOf(done).evidence as unknown as { readonly switches: readonly SwitchMade[] }).switches

test(
  'adopted, switched, switched back for its gates, and patched by hand: no request fails, on new or on kept connections',
  async () => {
    await using scene = await openOnCluster({ ...APPLIED, replicas: 3 })
    const { stage, load } = scene
    const [fresh, kept] = [
      await stage.inClusterClient('shop'),
      await stage.inClusterClient('shop', { keepAlive: true }),
    ]
    const rows: { what: string; 'last old answer after ms': number; verified: string }[] = []
    const figure = async (what: string, at: number, old: string, verified: string): Promise<void> => {
      await settled(1500)
      const { last } = await fresh.answered()
      rows.push({ what, 'last old answer after ms': Math.round((last[old] ?? at) - at), verified })
    }

    const first = await switchTo(scene, {
      version: '2',
      run: { id: 7100 },
      inputs: { 'pre-switch-gates': UP, 'post-switch-gates': UP, soak: '3s' },
    })
    expectDecision(first, 'switched')
    const [adopted, switched] = switchesOf(first)
    expect([adopted?.to, switched?.to]).toEqual(['blue', 'green'])
    await figure('switch', switched?.at ?? 0, '1', switched?.verified ?? '')

    const second = await switchTo(scene, {
      version: '3',
      run: { id: 7101 },
      inputs: { 'pre-switch-gates': UP, 'post-switch-gates': NEVER, soak: '3s' },
    })
    expectDecision(second, 'retreated')
    const [forward, back] = switchesOf(second)
    expect([forward?.to, back?.to]).toEqual(['blue', 'green'])
    await figure('switch back', back?.at ?? 0, '3', back?.verified ?? '')

    const third = await switchTo(scene, {
      version: '4',
      run: { id: 7102 },
      inputs: { 'pre-switch-gates': UP, soak: '3s' },
    })
    expectDecision(third, 'switched')
    expect(await onlyFresh(fresh, '4')).toBe(true)
    // What a person would type, with both colours up and warm; and again within the second that kube-proxy waits between
    // two changes, as a switch back for a gate comes.
    const byHand = async (to: string): Promise<number> => {
      const at = Date.now()
      await stage.patch('Service', 'shop', { spec: { selector: { 'release-actions.dev/color': to } } })
      return at
    }
    await figure('a bare patch', await byHand('green'), '4', '')
    await byHand('blue')
    await settled(300)
    await figure('a bare patch 0.3 s after another', await byHand('green'), '4', '')

    const [counts, keptCounts] = [await fresh.answered(), await kept.answered()]
    publish('bluegreen-under-load', rows)
    publish('bluegreen-under-load-total', [
      total('new connections', counts.counts),
      total('kept connections', keptCounts.counts),
      { connections: 'gateway', requests: load?.samples.length ?? 0, failed: load?.failed(0).length ?? 0 },
    ])
    expect({ fresh: counts.why, kept: keptCounts.why }).toEqual({ fresh: {}, kept: {} })
    expect(failuresOf(load)).toEqual([])
    expect(scene.github.violations).toEqual([])
  },
  8 * MINUTES,
)

/** Does everybody who connects anew meet that version only? */
async function onlyFresh(client: InClusterClient, version: string): Promise<boolean> {
  const before = (await client.answered()).counts
  await settled(1000)
  const after = (await client.answered()).counts
  return Object.keys(after).every((each) => each === version || after[each] === before[each])
}

function total(
  connections: string,
  { failed = 0, ...answered }: Readonly<Record<string, number>>,
): Readonly<Record<string, string | number>> {
  const requests = Object.values(answered).reduce((sum, count) => sum + count, 0)
  return { connections, requests, failed }
}
