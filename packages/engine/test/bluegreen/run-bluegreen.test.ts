import { describe, expect, test } from '@jest/globals'
import type { BlueGreenGoal, SwitchGoal } from '@release-actions/release'
import { Conflict, Forbidden, Unreachable, type ReleaseError } from '@release-actions/values'
import { runBlueGreen, type BlueGreenEnd, type BlueGreenListener } from '../../src/index.ts'
import { ColorsWorld, type ColorsProcess } from '../colors-world.ts'
import { abortSwitch, switchGoal } from '../switch-goals.ts'

interface Run {
  readonly goal?: BlueGreenGoal
  readonly process?: ColorsProcess
  readonly cancel?: AbortController
  readonly listener?: BlueGreenListener
}

function run(world: ColorsWorld, { goal, process, cancel, listener }: Run = {}): Promise<BlueGreenEnd> {
  const { signal } = cancel ?? new AbortController()
  return runBlueGreen(goal ?? switchGoal(), process ?? world.process(), signal, listener)
}

/** A world that version 2 was released to; version 1 is warm on blue. */
async function switched(over: Partial<SwitchGoal> = {}): Promise<ColorsWorld> {
  const world = new ColorsWorld()
  expect((await run(world, { goal: switchGoal(over) })).end).toEqual({ kind: 'done', decision: 'switched' })
  world.writes.length = 0
  return world
}

const rollback = switchGoal({
  release: { version: '1', digest: undefined, image: 'app:1', template: 'old' },
  run: { id: 8, attempt: 1 },
  preempt: true,
})

function expectHarmless(world: ColorsWorld): void {
  expect(world.violations).toEqual([])
  expect(world.served['failed']).toBe(0)
  expect(world.open).toEqual({ guards: 0, windows: 0 })
}

describe('an undisturbed release', () => {
  test('adopts, deploys, switches and lands, tells of each move once, and lets go of everything', async () => {
    const world = new ColorsWorld()
    const told: string[] = []
    const judged: string[] = []
    const { end, flight, switchedMs } = await run(world, {
      listener: {
        opening: () => Promise.resolve(41),
        moving: ({ text }) => void told.push(text),
        judging: (stage, underWay) => void judged.push(`${stage} of ${underWay?.deployment}`),
      },
    })
    expect(end).toEqual({ kind: 'done', decision: 'switched' })
    expect(world.writes.filter((write) => /^(switch|back|apply|scale|follow|link)/.test(write))).toEqual([
      'apply blue base 4',
      'switch blue',
      'follow blue',
      'scale own 0',
      'apply green release 4',
      'link green',
      'switch green',
      'follow green',
    ])
    expect(judged).toEqual(['pre-switch of 41', 'post-switch of 41'])
    expect(told).toContain('SWITCH to green')
    expect(new Set(told.filter((text) => text.startsWith('judge'))).size).toBe(2)
    expect(flight?.switches).toMatchObject([
      // The adopted colour answers as the Deployment does that it takes the place of.
      { to: 'blue', verified: 'unobserved' },
      { to: 'green', verified: 'observed', seen: { asked: 20, answered: 20 } },
    ])
    expect(flight?.base).toMatchObject({ owner: 'own', replicas: 4, switch: { selector: { app: 'shop' } } })
    expect(switchedMs).toBe(5)
    expect(world.outcome()).toEqual({
      serves: 'new',
      same: true,
      whole: true,
      up: ['blue old', 'green new'],
      colors: { live: 'green', warm: 'blue' },
      switching: undefined,
    })
    expectHarmless(world)
  })

  test('is unchanged the second time: three reads, no write', async () => {
    const world = await switched()
    const calls: string[] = []
    world.nature.before = (call) => void calls.push(call)
    expect((await run(world)).end).toEqual({ kind: 'done', decision: 'unchanged' })
    expect(calls.sort()).toEqual(['read lease', 'read switch', 'read workloads'])
  })

  test('without a vantage point is given its time to settle, and is unobserved', async () => {
    const world = new ColorsWorld()
    world.nature.tells = false
    const { flight } = await run(world)
    expect(flight?.switches.map(({ verified }) => verified)).toEqual(['unobserved', 'unobserved'])
    expectHarmless(world)
  })
})

describe('taken back', () => {
  const failing = (stage: string): ColorsWorld => {
    const world = new ColorsWorld()
    world.nature.verdict = (each) =>
      each === stage ? { kind: 'fail', code: 'unhealthy', reason: 'too many errors' } : { kind: 'pass' }
    return world
  }

  test('before the switch: no request ever reached the new version', async () => {
    const world = failing('pre-switch')
    const { end, words } = await run(world)
    expect(end).toMatchObject({ kind: 'failed', decision: 'retreated', code: 'unhealthy' })
    expect(words).toEqual(['the words of green'])
    expect(world.served['new']).toBe(0)
    expect(world.outcome()).toMatchObject({
      serves: 'old',
      same: true,
      up: ['blue old'],
      switching: undefined,
    })
    expectHarmless(world)
  })

  test('after the switch: from the verdict to the patch there is no other call but the stamp that was made', async () => {
    const world = failing('post-switch')
    const calls: string[] = []
    let verdictAt = 0
    let backAt = 0
    const verdict = world.nature.verdict
    world.nature.verdict = (stage) => {
      const said = verdict(stage)
      if (said.kind === 'fail' && verdictAt === 0) {
        verdictAt = world.clock.now()
        calls.length = 0
      }
      return said
    }
    world.nature.before = (call) => void calls.push(call)
    world.nature.after = (call) => {
      if (call === 'back blue') backAt = world.clock.now()
    }
    const { end, switchedMs } = await run(world)
    expect(end).toMatchObject({ decision: 'retreated', code: 'unhealthy' })
    expect(calls.slice(0, calls.indexOf('back blue') + 1).filter((call) => !call.startsWith('read'))).toEqual(
      ['back blue'],
    )
    expect(backAt - verdictAt).toBeLessThan(50)
    expect(switchedMs).toBe(5)
    expect(world.outcome()).toMatchObject({
      serves: 'old',
      same: true,
      up: ['blue old'],
      switching: undefined,
    })
    expectHarmless(world)
  })

  test('pods that do not become ready: the reasons of the pods, and nothing was switched', async () => {
    const world = new ColorsWorld()
    world.nature.starts = false
    const { end, words } = await run(world)
    expect(end).toMatchObject({ decision: 'retreated', code: 'timeout' })
    expect(words).toEqual(['the words of green'])
    expect(world.served['new']).toBe(0)
    expectHarmless(world)
  })
})

describe('a rollback to the warm colour', () => {
  test('is a claim, the stamps, the Lease and one patch; no wait before it', async () => {
    const world = await switched()
    const begin = world.clock.now()
    let patched = 0
    world.nature.after = (call) => {
      if (call === 'switch blue') patched = world.clock.now()
    }
    expect((await run(world, { goal: rollback })).end).toEqual({ kind: 'done', decision: 'switched' })
    expect(patched - begin).toBeLessThan(500)
    expect(world.writes.filter((write) => !/^(stamp|take|write)/.test(write))).toEqual([
      'switch blue',
      'follow blue',
    ])
    expect(world.outcome()).toMatchObject({
      serves: 'old',
      same: true,
      colors: { live: 'blue', warm: 'green' },
    })
    expectHarmless(world)
  })

  test('takes over a step that soaks, which stops as superseded', async () => {
    const world = new ColorsWorld()
    world.clock.in(60_000, () => world.steal({ id: 8, attempt: 1 }))
    const { end } = await run(world)
    expect(end).toMatchObject({ kind: 'stopped', by: { id: 8 } })
  })
})

describe('a call that fails', () => {
  const once = (world: ColorsWorld, call: string, error: ReleaseError): void => {
    let done = false
    world.nature.before = (name) => {
      if (done || name !== call) return
      done = true
      throw error
    }
  }

  test.each(['switch blue', 'switch green', 'apply green release 4', 'follow green'])(
    'a conflict at "%s" is looked at again',
    async (call) => {
      const world = new ColorsWorld()
      once(world, call, new Conflict('it changed'))
      expect((await run(world)).end).toEqual({ kind: 'done', decision: 'switched' })
      expectHarmless(world)
    },
  )

  test('a write that is forbidden on the way forward takes the release back', async () => {
    const world = await switched()
    world.nature.before = (call) => {
      if (call === 'switch blue') throw new Forbidden('services cannot be patched')
    }
    world.template = 'third'
    const goal = switchGoal({
      release: { version: '3', digest: undefined, image: 'app:3', template: 'third' },
      run: { id: 9, attempt: 1 },
    })
    const { end } = await run(world, { goal })
    expect(end).toMatchObject({ decision: 'retreated', code: 'forbidden' })
    expect(world.outcome()).toMatchObject({ serves: 'new', same: true, up: ['green new'] })
    expectHarmless(world)
  })

  test('a way back that is refused says who still serves', async () => {
    const world = new ColorsWorld()
    world.nature.verdict = (stage) =>
      stage === 'post-switch'
        ? { kind: 'fail', code: 'unhealthy', reason: 'too many errors' }
        : { kind: 'pass' }
    world.nature.before = (call) => {
      if (call === 'back blue') throw new Forbidden('services cannot be patched')
    }
    const { end } = await run(world)
    expect(end).toMatchObject({ decision: 'failed', code: 'retreat-failed' })
    expect(end).toHaveProperty('reason', expect.stringContaining('2 (green) still serves'))
  })

  test('the API server away for a while is waited for, at every call', async () => {
    const calls: string[] = []
    const calm = new ColorsWorld()
    calm.nature.before = (call) => void calls.push(call)
    await run(calm)
    for (let n = 1; n <= calls.length; n++) {
      const world = new ColorsWorld()
      let count = 0
      world.nature.before = () => {
        if (++count >= n && count < n + 3) throw new Unreachable('connection refused')
      }
      expect((await run(world)).end).toEqual({ kind: 'done', decision: 'switched' })
      expectHarmless(world)
    }
  })
})

describe('somebody else', () => {
  test('resets the selector, at any call: the colour that serves comes back, and nobody fails', async () => {
    const calls: string[] = []
    const calm = await switched()
    const goal = switchGoal({
      release: { version: '3', digest: undefined, image: 'app:3', template: 'third' },
      run: { id: 9, attempt: 1 },
    })
    calm.template = 'third'
    calm.nature.before = (call) => void calls.push(call)
    await run(calm, { goal })
    for (let n = 1; n <= calls.length; n++) {
      const world = await switched()
      world.template = 'third'
      let count = 0
      world.nature.before = () => {
        if (++count === n) world.resetSelector()
      }
      const { end } = await run(world, { goal })
      world.clock.pass(1_000)
      expect({ n, kind: end.kind }).toEqual({ n, kind: 'done' })
      expect(world.served['failed']).toBe(0)
      // What came after the last look of the process is for the next run.
      if (world.to === 'own') await run(world, { goal })
      world.clock.pass(1_000)
      expect(world.outcome()).toMatchObject({ serves: 'third', same: true })
    }
  })
})

describe('a Lease that somebody deletes', () => {
  test.each(['pass', 'fail'] as const)(
    'after the switch: it is judged all the same, and may %s',
    async (said) => {
      const world = new ColorsWorld()
      let stages = 0
      world.nature.verdict = (stage) =>
        stage === 'post-switch' && said === 'fail' && stages > 1
          ? { kind: 'fail', code: 'unhealthy', reason: 'too many errors' }
          : { kind: 'pass' }
      const { end } = await run(world, {
        listener: {
          judging: (stage) => {
            stages++
            if (stage === 'post-switch' && stages === 2) world.clock.in(30_000, () => world.deleteLease())
          },
        },
      })
      expect(end).toMatchObject(
        said === 'pass'
          ? { kind: 'done', decision: 'switched' }
          : { kind: 'failed', decision: 'retreated', code: 'unhealthy' },
      )
      expect(world.outcome()).toMatchObject({ serves: said === 'pass' ? 'new' : 'old', switching: undefined })
      expectHarmless(world)
    },
  )

  test('at any call: it never ends as unchanged, and one version serves', async () => {
    const calls: string[] = []
    const calm = new ColorsWorld()
    calm.nature.before = (call) => void calls.push(call)
    await run(calm)
    for (let n = 1; n <= calls.length; n++) {
      const world = new ColorsWorld()
      let count = 0
      let taken = false
      world.nature.before = (call) => {
        taken ||= call === 'write lease'
        if (++count === n && taken) world.deleteLease()
      }
      const { end } = await run(world)
      expect({ n, end }).toMatchObject({ end: { kind: 'done', decision: 'switched' } })
      expect(world.outcome()).toMatchObject({ serves: 'new', same: true, whole: true })
      expectHarmless(world)
    }
  })
})

test('post after a switch that was judged tidies up; nothing in flight is nothing to do', async () => {
  const world = await switched({ keep: 0 })
  expect(world.outcome()).toMatchObject({ up: ['green new'] })
  expect((await run(world, { goal: abortSwitch() })).end).toEqual({ kind: 'done', decision: 'aborted' })
  expect(world.writes).toEqual([])
})
