import { expect, test } from '@jest/globals'
import type { ActionResult, Scene } from '@release-actions/lab'
import { expectDecision, MINUTES, now, openOnCluster, publish } from '../support/cluster.ts'
import { failuresOf } from '../support/evidence.ts'
import { releaseAtOnce, startRollback } from '../support/rollback.ts'
import { switchTo } from '../support/switching.ts'

/** A rollback with clients asking, and when it was that the last of them met the bad version, from the process's start. */
async function measured(scene: Scene, way: string): Promise<ActionResult> {
  const { load } = scene
  if (load === undefined) throw new Error('this test needs clients')
  const from = now()
  const done = await (await startRollback(scene, { run: { id: 7300 } })).done
  const ended = now()
  // What was asked before the end and is answered after it counts too.
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  const bad = load.between(from).filter(({ version }) => version === '3')
  const last = bad.at(-1)
  publish(`rollback-${way}`, [
    {
      way,
      'ms to the last bad answer': last === undefined ? 0 : (last.at - from).toFixed(0),
      'bad answers': bad.length,
      requests: load.between(from).length,
      failed: load.failed(from).length,
      'seconds in all': ((ended - from) / 1000).toFixed(1),
    },
  ])
  expectDecision(done, 'rolled-back')
  expect(done.outputs).toMatchObject({ version: '2.0.0', 'previous-version': '3.0.0' })
  expect(load.counts(ended)).not.toHaveProperty('3')
  expect(failuresOf(load)).toEqual([])
  return done
}

test(
  'a workload that is set back under load: no request fails, and none meets the bad version afterwards',
  async () => {
    await using scene = await openOnCluster({ replicas: 3, rate: 100 })
    await releaseAtOnce(scene, '2', { id: 7100 })
    await releaseAtOnce(scene, '3', { id: 7200 })
    await measured(scene, 'cold')
  },
  5 * MINUTES,
)

test(
  'a canary in flight that is ended under load: no request fails, and its step gives way',
  async () => {
    await using scene = await openOnCluster({ replicas: 3, rate: 100 })
    await releaseAtOnce(scene, '2', { id: 7100 })
    const soaking = scene.start({
      version: '3',
      run: { id: 7200 },
      inputs: { plan: '50, 100', soak: '120s' },
    })
    await soaking.logged(/judge at 50 %/)
    await measured(scene, 'in flight')
    expectDecision(await soaking.done, 'superseded')
  },
  5 * MINUTES,
)

test(
  'a switch back to the warm colour under load: no request fails',
  async () => {
    await using scene = await openOnCluster({ replicas: 3, rate: 100, applied: 'client' })
    for (const [version, id] of [
      ['2', 7100],
      ['3', 7200],
    ] as const)
      expectDecision(await switchTo(scene, { version, run: { id }, inputs: { keep: '1h' } }), 'switched')
    await measured(scene, 'warm')
  },
  5 * MINUTES,
)
