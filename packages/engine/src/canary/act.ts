import {
  begun,
  endedBy,
  landed,
  noted,
  proved,
  takenUp,
  type CanaryGoal,
  type CanaryMove,
  type InFlight,
  type Note,
  type Stage,
} from '@release-actions/release'
import { pauseUntil, type LoopActing } from '../loop.ts'
import type { Observation } from './observe.ts'
import type { CanaryPorts } from './ports.ts'
import { verify } from './verify.ts'
import { versionOfStable } from './version-of-stable.ts'

/** What is left of the runner's 7.5 s after a signal, for proving that the route is back. */
const CANCEL_PROOF_MS = 4000

export interface Acting extends LoopActing<Stage> {
  readonly ports: CanaryPorts
  readonly goal: CanaryGoal
}

export type Act = Exclude<CanaryMove, { kind: 'done' | 'failed' | 'stopped' }>

/**
 * One idempotent, guarded write, or a wait.
 * @throws ReleaseError; `conflict` means: look again
 */
export async function act(move: Act, { seen, cluster: sight }: Observation, acting: Acting): Promise<void> {
  const { ports, goal } = acting
  const { cluster, traffic, claims, clock } = ports
  const fence = seen.claim.kind === 'ours' ? seen.claim.fence : 0
  // A cancel that was already decided on ends no wait of the way back: it would look again without a pause.
  const interrupt = seen.cancelled ? new AbortController().signal : acting.interrupt
  switch (move.kind) {
    case 'claim':
      await claims.take(goal.run)
      return
    case 'stamp':
      return seen.traffic.unstamped.includes(move.object)
        ? traffic.stamp(move.object, fence)
        : cluster.stamp(move.object, fence)
    case 'begin':
      return begin()
    case 'note':
      return note(move.change)
    case 'hold-autoscaler':
      return cluster.holdAutoscaler(move.min, fence)
    case 'release-autoscaler':
      return cluster.releaseAutoscaler(move.name, move.min, fence)
    case 'apply-canary':
      return cluster.applyCanary(move.replicas, fence)
    case 'scale-canary':
      return cluster.scaleCanary(move.replicas, fence)
    case 'link':
      return traffic.link(fence)
    case 'shift':
      await traffic.shift(move.weight, fence)
      return note({ kind: 'shift', weight: move.weight })
    case 'retreat-route':
      await traffic.retreat(fence)
      return note({ kind: 'retreat', why: move.why, phase: 'retreating' }, { kind: 'shift', weight: 0 })
    case 'promote-stable':
      await cluster.promoteStable(fence)
      return note({ kind: 'phase', name: 'promoting' })
    case 'restore-stable':
      return restore()
    case 'unlink':
      return traffic.unlink(seen.claim.state.inFlight?.base.route, fence)
    case 'delete-canary':
      ;(await cluster.deleteCanary(fence)).forEach(acting.tell)
      return
    case 'land':
      return land(move.outcome)
    case 'await': {
      const ms = pauseUntil(move.until, clock.now(), seen.cancelled)
      return move.what === 'route-accepted' ? traffic.changed(ms, interrupt) : cluster.changed(ms, interrupt)
    }
    case 'verify':
      return prove(move.weight, move.until)
    case 'judge': {
      const { gates } = acting.window(move.stage, move.soak)
      const wait = gates.nextRoundIn()
      if (wait > 0) return cluster.changed(wait, interrupt)
      return gates.round(interrupt)
    }
    case 'drain':
      // A canary that ends by itself meanwhile is seen at the next look; nothing is scaled down before.
      return clock.sleep(Math.max(1, move.until - clock.now()), interrupt)
  }

  async function begin(): Promise<void> {
    if (goal.kind !== 'release') return
    const before = seen.claim.state.inFlight
    const route = before === undefined ? await traffic.original() : before.base.route
    const inFlight =
      before === undefined
        ? begun(goal, baseOf(route), acting.deployment(), clock.now())
        : takenUp(goal, before, acting.deployment())
    return claims.write((state) => ({ ...state, inFlight }))
  }

  /** What a retreat goes back to. */
  function baseOf(route: unknown): InFlight['base'] {
    const { stable, autoscaler } = sight
    const { live } = seen.claim.state
    // What the record knows of the version that runs, when it is still that one.
    const known = live?.release.template === stable.template ? live.release : undefined
    return {
      release: known ?? {
        version: versionOfStable(stable, acting.nameOf),
        digest: stable.digest,
        image: stable.image,
        template: stable.template,
      },
      replicas: stable.desired,
      replicaSet: stable.replicaSet,
      autoscaler: autoscaler === undefined ? undefined : { name: autoscaler.name, min: autoscaler.min },
      route,
    }
  }

  function note(...changes: readonly Note[]): Promise<void> {
    const now = clock.now()
    return update((flight) => changes.reduce((state, change) => noted(state, change, now), flight))
  }

  function update(change: (flight: InFlight) => InFlight): Promise<void> {
    return claims.write((state) =>
      state.inFlight === undefined ? state : { ...state, inFlight: change(state.inFlight) },
    )
  }

  async function restore(): Promise<void> {
    const base = seen.claim.state.inFlight?.base
    if (base === undefined) return
    const { image, template } = base.release
    const lost = await cluster.restoreStable({ replicaSet: base.replicaSet, image, template }, fence)
    lost.forEach(acting.tell)
  }

  function land(outcome: 'promoted' | 'retreated'): Promise<void> {
    const now = clock.now()
    return claims.write((state) => {
      const back = outcome === 'retreated' ? state.inFlight?.release : undefined
      return landed(endedBy(state, goal, back, now), outcome, now, sight.stable.digest)
    })
  }

  async function prove(weight: number, until: number): Promise<void> {
    const most = acting.cancelled() ? CANCEL_PROOF_MS : Math.max(0, until - clock.now())
    // A cancel does not cut short the proof that the route is back, only one of the way forward.
    const before = seen.claim.state.inFlight?.shifts.at(-2)?.weight ?? 0
    const signal = weight === 0 ? new AbortController().signal : interrupt
    const { how, seen: share } = await verify(ports, { weight, before }, most, signal)
    if (signal.aborted) return
    await update((flight) =>
      proved(flight, { verified: how, ...(share === undefined ? {} : { seen: share }) }),
    )
  }
}
