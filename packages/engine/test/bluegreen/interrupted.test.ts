import { describe, expect, test } from '@jest/globals'
import type { SwitchGoal } from '@release-actions/release'
import { runBlueGreen, type BlueGreenEnd } from '../../src/index.ts'
import { ColorsWorld, type ColorsProcess } from '../colors-world.ts'
import { Killed } from '../lease-world.ts'
import { abortSwitch, switchGoal } from '../switch-goals.ts'

/** The runner's SIGINT, 7.5 s, SIGTERM, 2.5 s, the end. */
const UNTIL_SIGTERM_MS = 7_500
const NEVER = new AbortController().signal

const THIRD = switchGoal({
  release: { version: '3', digest: undefined, image: 'app:3', template: 'third' },
  run: { id: 8, attempt: 1 },
  keep: 0,
})

interface Case {
  readonly name: string
  readonly goal: SwitchGoal
  readonly before: string
  /** Once it serves it goes on serving: what served before is what was to go. */
  readonly stays?: true
  readonly create: () => Promise<ColorsWorld>
}

const CASES: readonly Case[] = [
  {
    name: 'a first release',
    goal: switchGoal(),
    before: 'old',
    create: () => Promise.resolve(new ColorsWorld()),
  },
  {
    name: 'a second release, which keeps nothing',
    goal: THIRD,
    before: 'new',
    create: async () => {
      const world = new ColorsWorld()
      await runBlueGreen(switchGoal(), world.process(), NEVER)
      world.template = 'third'
      return world
    },
  },
  {
    name: 'a rollback to the warm colour',
    goal: switchGoal({
      release: { version: '1', digest: undefined, image: 'app:old', template: 'old' },
      run: { id: 9, attempt: 1 },
      soak: 0,
      preempt: true,
    }),
    before: 'new',
    stays: true,
    create: async () => {
      const world = new ColorsWorld()
      await runBlueGreen(switchGoal(), world.process(), NEVER)
      return world
    },
  },
]

function release(
  world: ColorsWorld,
  goal: SwitchGoal,
  process: ColorsProcess = world.process(goal.run),
  cancelled = NEVER,
): Promise<BlueGreenEnd> {
  return runBlueGreen(goal, process, cancelled)
}

function post(world: ColorsWorld, goal: SwitchGoal): Promise<BlueGreenEnd> {
  return runBlueGreen(abortSwitch(goal), world.process(goal.run), NEVER)
}

/** How many calls an undisturbed release makes. */
async function callsOf({ create, goal }: Case): Promise<number> {
  const world = await create()
  let calls = 0
  world.nature.before = () => void calls++
  await release(world, goal)
  return calls
}

/** The n-th call from now on does something else first, or after it is done. */
function at(world: ColorsWorld, n: number, when: 'before' | 'after', what: () => void): void {
  let count = 0
  world.nature.before = () => {
    if (++count === n && when === 'before') what()
  }
  world.nature.after = () => {
    if (count === n && when === 'after') what()
  }
}

function calm(world: ColorsWorld): void {
  world.nature.before = () => undefined
  world.nature.after = () => undefined
}

/** What may serve in the end, by what was interrupted and by what serves when it was. */
function allowed({ goal, before, stays }: Case, world: ColorsWorld): readonly string[] {
  const good = goal.release.template
  return stays === true && world.workloads[world.to]?.template === good ? [good] : [before, good]
}

/** One version serves, whole, and nothing is up but it and what the Lease calls warm. */
function expectWhole(world: ColorsWorld, ...templates: readonly string[]): void {
  world.clock.pass(5_000)
  const warm = world.state.colors?.warm?.color
  expect(templates).toContain(world.workloads[world.to]?.template)
  expect(world.outcome()).toMatchObject({ same: true, whole: true, switching: undefined })
  const up = (['own', 'blue', 'green'] as const).filter((each) => (world.workloads[each]?.desired ?? 0) > 0)
  expect(up.filter((each) => each !== world.to && each !== warm)).toEqual([])
  expect(world.violations).toEqual([])
  expect(world.served['failed']).toBe(0)
  expect(world.open).toEqual({ guards: 0, windows: 0 })
}

describe.each(CASES)('$name, cancelled', (each) => {
  const { goal, before, create } = each

  test('at any call: it ends before SIGTERM on the colour that is to serve, and post leaves one whole version', async () => {
    const length = await callsOf(each)
    for (let n = 1; n <= length; n++) {
      const world = await create()
      const begun = world.writes.length
      const cancel = new AbortController()
      let cancelledAt = Infinity
      at(world, n, 'before', () => {
        cancelledAt = world.clock.now()
        cancel.abort()
      })
      const { end } = await release(world, goal, world.process(goal.run), cancel.signal)
      const took = world.clock.now() - cancelledAt
      try {
        expect(took).toBeLessThan(UNTIL_SIGTERM_MS)
        if (end.kind !== 'done') {
          expect(end).toMatchObject({ kind: 'failed', decision: 'cancelled' })
          const passed = world.state.switching?.passed.includes('post-switch') === true
          const switched = world.writes.slice(begun).some((write) => write.startsWith('switch '))
          const late = each.stays === true ? switched : passed
          expect(world.workloads[world.to]?.template).toBe(late ? goal.release.template : before)
        }
        calm(world)
        const templates = allowed(each, world)
        await post(world, goal)
        expectWhole(world, ...templates)
      } catch (error) {
        throw new Error(`cancelled at call ${n} of ${length}, after ${world.writes.join(', ')}`, {
          cause: error,
        })
      }
    }
  })

  test('at any moment: the same', async () => {
    for (let ms = 0; ms < 200_000; ms += 2_037) {
      const world = await create()
      const cancel = new AbortController()
      world.clock.in(ms, () => cancel.abort())
      const cancelledAt = world.clock.now() + ms
      await release(world, goal, world.process(goal.run), cancel.signal)
      expect({ ms, took: world.clock.now() - cancelledAt < UNTIL_SIGTERM_MS }).toEqual({ ms, took: true })
      const templates = allowed(each, world)
      await post(world, goal)
      expectWhole(world, ...templates)
    }
  })
})

describe.each(CASES)('$name, killed', (each) => {
  const { goal, create } = each

  test.each(['before', 'after'] as const)(
    '%s any call and run again, it ends as an undisturbed release ends; aborted, it leaves one whole version',
    async (when) => {
      const length = await callsOf(each)
      for (let n = 1; n <= length; n++) {
        for (const next of ['again', 'post'] as const) {
          const world = await create()
          const process = world.process(goal.run)
          at(world, n, when, () => {
            process.holder.alive = false
            throw new Killed()
          })
          await release(world, goal, process).catch((error: unknown) => {
            if (!(error instanceof Killed)) throw error
          })
          calm(world)
          const templates = allowed(each, world)
          try {
            const { end } = next === 'again' ? await release(world, goal) : await post(world, goal)
            expect(end.kind).toBe('done')
            if (next === 'again') expectWhole(world, goal.release.template)
            else expectWhole(world, ...templates)
          } catch (error) {
            const where = `killed ${when} call ${n} of ${length}, then ${next}, after ${world.writes.join(', ')}`
            throw new Error(where, { cause: error })
          }
        }
      }
    },
  )
})

describe.each(CASES.filter(({ stays }) => stays !== true))('$name, killed', (each) => {
  const { goal, before, create } = each

  test.each(['before', 'after'] as const)(
    '%s any call of a retreat, and run again, what served is whole',
    async (when) => {
      const failing = async (): Promise<ColorsWorld> => {
        const world = await create()
        world.nature.verdict = (stage) =>
          stage === 'post-switch'
            ? { kind: 'fail', code: 'unhealthy', reason: 'no answer' }
            : { kind: 'pass' }
        return world
      }
      const length = await callsOf({ ...each, create: failing })
      for (let n = 1; n <= length; n++) {
        const world = await failing()
        const process = world.process(goal.run)
        at(world, n, when, () => {
          process.holder.alive = false
          throw new Killed()
        })
        await release(world, goal, process).catch(() => undefined)
        calm(world)
        const { end } = await release(world, goal)
        expect(end).toMatchObject({ kind: 'failed', decision: 'retreated' })
        // Killed between the patch back and the note of it: who did it cannot be told any more.
        expect(['unhealthy', 'conflict']).toContain(end.kind === 'failed' ? end.code : end.kind)
        expectWhole(world, before)
      }
    },
  )
})
