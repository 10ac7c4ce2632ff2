/**
 * The runner is lost (SIGKILL, no post) at every move of a release, by the lines of its log, and the step is run again:
 * it ends where an undisturbed one ends, and no client notices. Many kills a release: each attempt is killed at the
 * next move, so that what a run finds is what a killed run left.
 */
import { expect, test } from '@jest/globals'
import type { ActionResult, ReleaseOrder, Scene } from '@release-actions/lab'
import {
  expectDecision,
  GOLDEN_SIGNALS,
  MINUTES,
  openOnCluster,
  publish,
  whatIsLeft,
} from '../support/cluster.ts'
import { failuresOf } from '../support/evidence.ts'

/** The moves of a release in their order; the ten steps of the promotion are from `give the canary 100 %` on. */
const FORWARD: readonly RegExp[] = [
  /▶ claim the workload/,
  /▶ put the fence on HTTPRoute/,
  /▶ put the fence on Deployment/,
  /▶ write what is in flight/,
  /▶ deploy the canary/,
  /▶ add the canary to the traffic/,
  /▶ wait: .* of the canary are ready/,
  /▶ give the canary 50 %/,
  /▶ prove that 50 % reaches/,
  /▶ judge at 50 %/,
  /▶ 50 % has passed/,
  /▶ scale the canary to/,
  /▶ give the canary 100 %/,
  /▶ prove that 100 % reaches/,
  /▶ judge at 100 %/,
  /▶ 100 % has passed/,
  /▶ let requests end/,
  /▶ roll the new version out/,
  /▶ wait: .* [1-9]\d* old ones are left/,
  /▶ judge the stable/,
  /▶ route everything to the stable/,
  /▶ prove that (0 %|nothing) reaches/,
  /▶ let requests end/,
  /▶ take the canary out/,
  /▶ remove the canary/,
  /▶ promoted: the Lease says so/,
]

/** From the verdict on. */
const BACK: readonly RegExp[] = [
  /▶ ROUTE BACK/,
  /▶ prove that (0 %|nothing) reaches/,
  /▶ let requests end/,
  /▶ take the canary out/,
  /▶ remove the canary/,
  /▶ taken back: the Lease says so/,
]

interface Ended {
  readonly done: ActionResult
  readonly attempts: number
  readonly kills: readonly string[]
}

/** Runs the step again until it ends by itself, killed at one move after another, `later` ms after its line. */
async function releaseKilledAt(
  scene: Scene,
  order: ReleaseOrder,
  moves: readonly RegExp[],
  later: number,
): Promise<Ended> {
  const kills: string[] = []
  let next = 0
  for (let attempt = 1; ; attempt++) {
    let killed = false
    const running = scene.start({
      ...order,
      run: { id: 9_000_000_001, attempt },
      onLine: (line) => {
        // A resumed run does not repeat what is done: the first move from `next` on that it comes to.
        const at = killed ? -1 : moves.findIndex((move, index) => index >= next && move.test(line))
        if (at < 0) return
        killed = true
        next = at + 1
        kills.push(line.replace(/^.*▶ /, ''))
        setTimeout(() => running.lose(), later)
      },
    })
    const done = await running.done
    if (!killed || !done.killed) return { done, attempts: attempt, kills }
  }
}

/** At the line, which is before the write of its move; and a moment later, which is after most. */
const LATER = [0, 120] as const

test.concurrent.each(LATER)(
  'a release that is killed %i ms after the line of each move ends promoted, and no request fails',
  async (later) => {
    await using scene = await openOnCluster({ replicas: 2, rate: 30 })
    const before = await whatIsLeft(scene)
    const order = {
      version: '2',
      inputs: { plan: '50, 100', soak: '2s', interval: '500ms', gates: GOLDEN_SIGNALS },
    }
    const { done, attempts, kills } = await releaseKilledAt(scene, order, FORWARD, later)
    publish(
      `killed-${later}-ms-after-each-move`,
      kills.map((kill, at) => ({ attempt: at + 1, killed: kill })),
    )

    expectDecision(done, 'promoted', 'unchanged')
    expect(done.conclusion).toBe('success')
    expect(attempts).toBeGreaterThan(15)
    expect(failuresOf(scene.load)).toEqual([])
    expectPromoted(before, await whatIsLeft(scene))
    expectOneRecord(scene, 'success')
  },
  8 * MINUTES,
)

test.concurrent.each(LATER)(
  'a retreat whose every move is killed %i ms after its line ends as an undisturbed one',
  async (later) => {
    await using scene = await openOnCluster({ replicas: 2, rate: 30 })
    const before = await whatIsLeft(scene)
    const order = {
      version: '2',
      env: { ERROR_RATE: '0.5' },
      inputs: { plan: '50, 100', soak: '4s', interval: '500ms', gates: GOLDEN_SIGNALS },
    }
    const { done, kills } = await releaseKilledAt(scene, order, BACK, later)
    publish(
      `retreat-killed-${later}-ms-after-each-move`,
      kills.map((kill, at) => ({ attempt: at + 1, killed: kill })),
    )

    expect(done.conclusion).toBe('failure')
    expectDecision(done, 'retreated')
    // The bad version fails requests of its own; nothing else does.
    expect(scene.load?.failed().filter(({ version }) => version !== '2')).toEqual([])
    expect(await whatIsLeft(scene)).toEqual({ ...before, outcome: 'retreated' })
    expectOneRecord(scene, 'failure')
  },
  8 * MINUTES,
)

/** All as it was, but for the version, and what the Lease remembers. */
function expectPromoted(before: object, after: object): void {
  const promoted = JSON.parse(
    JSON.stringify(before).replaceAll('{"name":"VERSION","value":"1"}', '{"name":"VERSION","value":"2"}'),
  ) as object
  expect(after).toEqual({ ...promoted, inFlight: undefined, outcome: 'promoted' })
}

/** However often it was run, one release has one record, and it says how it ended. */
function expectOneRecord({ github }: Scene, state: string): void {
  expect(github.deployments.map(({ statuses }) => statuses.some((each) => each.state === state))).toEqual([
    true,
  ])
  expect(github.violations).toEqual([])
}
