import {
  decideSwitch,
  EMPTY_LEASE_STATE,
  projectSwitch,
  type AbortGoal,
  type BlueGreenGoal,
  type BlueGreenMove,
  type BlueGreenSight,
  type ClaimSight,
  type Color,
  type LeaseState,
  type ReleaseId,
  type RunId,
  type SwitchGoal,
  type SwitchStage,
  type SwitchVerdict,
} from '../../src/index.ts'
import { NEW, OLD, OTHER, workload } from '../canary/world.ts'

export { NEW, OLD, OTHER, workload }

export const THIRD: ReleaseId = { version: '3', digest: undefined, image: 'app:3', template: 'third' }

export function goalOf(over: Partial<SwitchGoal> = {}): SwitchGoal {
  return {
    kind: 'switch',
    release: NEW,
    run: { id: 7, attempt: 1 },
    traffic: 'service/shop',
    color: 'idle',
    preSwitchSoak: 0,
    soak: 60_000,
    keep: 3_600_000,
    timing: { timeout: 600_000, warmUp: 0, interval: 10_000, drain: 30_000 },
    onFailure: 'retreat',
    allowOlder: false,
    preempt: false,
    ...over,
  }
}

export function abortOf(over: Partial<AbortGoal> = {}): AbortGoal {
  const { run, timing } = goalOf()
  return { kind: 'abort', run, timing, reason: 'the step was cancelled', preempt: false, ...over }
}

/** How this world answers: what becomes ready, and what the gates say. */
export interface Nature {
  /** Pods of the new version become ready. */
  readonly starts: boolean
  /** Pods of what is adopted become ready. */
  readonly adopts: boolean
  /** The data plane follows a switch to the new version. */
  readonly follows: boolean
  readonly verdict: (stage: SwitchStage) => 'pass' | 'fail' | 'hold'
}

export const KIND: Nature = { starts: true, adopts: true, follows: true, verdict: () => 'pass' }

/** What the moves do to a cluster, as plain data: enough of a world to walk through. */
export class World {
  fence = 0
  holder: { run: RunId; since: number } | undefined
  lost: RunId | undefined
  cancelled = false
  nature: Nature = KIND
  readonly moves: BlueGreenMove[] = []
  /** The version that serves, move by move. */
  private base: Omit<BlueGreenSight, 'claim' | 'cancelled' | 'obstacle'> = {
    now: 100_000_000,
    own: workload('shop', 'old', 4),
    blue: undefined,
    green: undefined,
    switch: {
      kind: 'service',
      to: 'own',
      linked: false,
      accepted: true,
      refused: undefined,
      tampered: undefined,
      unstamped: ['Service/shop'],
      endpoints: { own: 4, blue: 0, green: 0 },
    },
    followers: [{ object: 'HorizontalPodAutoscaler/shop', to: 'own' }],
    unstamped: ['Deployment/shop'],
    verdict: { kind: 'none' },
  }
  state: LeaseState = EMPTY_LEASE_STATE

  see(): BlueGreenSight {
    const { state } = this
    const claim: ClaimSight =
      this.lost !== undefined
        ? { kind: 'lost', to: this.lost, state }
        : this.holder === undefined
          ? { kind: 'free', state }
          : { kind: 'ours', fence: this.fence, since: this.holder.since, state }
    return { ...this.base, claim, cancelled: this.cancelled, obstacle: undefined }
  }

  /** Somebody else, or time, changes something. */
  change(over: Partial<BlueGreenSight>): void {
    this.base = { ...this.base, ...over }
  }

  /** A forced apply of the user's manifest: the key is gone from the selector, and all pods that it matches serve. */
  resetSelector(): void {
    const { own, blue, green } = this.base
    const endpoints = { own: own.ready, blue: blue?.ready ?? 0, green: green?.ready ?? 0 }
    this.change({ switch: { ...this.base.switch, to: 'own', endpoints } })
  }

  /** Runs one process to its end. @returns its last move; throws when it does not end */
  run(
    goal: BlueGreenGoal,
    check: (move: BlueGreenMove, seen: BlueGreenSight) => void = () => undefined,
    most = 300,
  ): BlueGreenMove {
    for (let i = 0; i < most; i++) {
      const move = this.step(goal, check)
      if (move.kind === 'done' || move.kind === 'failed' || move.kind === 'stopped') return move
    }
    throw new Error(`no end after ${most} moves: … ${JSON.stringify(this.moves.slice(-8))}`)
  }

  step(
    goal: BlueGreenGoal,
    check: (move: BlueGreenMove, seen: BlueGreenSight) => void = () => undefined,
  ): BlueGreenMove {
    const seen = this.see()
    const move = decideSwitch(goal, seen)
    this.moves.push(move)
    check(move, seen)
    this.act(goal, move)
    return move
  }

  /** The process died: the claim stays until another takes it, its window of evidence is gone. */
  die(): void {
    this.holder = undefined
    this.lost = undefined
    this.cancelled = false
    this.change({ verdict: { kind: 'none' } })
  }

  /** Done by the cluster, but not by the Lease: killed between the two writes of a move. */
  actHalf(goal: BlueGreenGoal, move: BlueGreenMove): void {
    const { state } = this
    this.act(goal, move)
    this.state = state
  }

  act(goal: BlueGreenGoal, move: BlueGreenMove): void {
    const before = this.see()
    const { claim, cancelled: _, obstacle: __, ...after } = projectSwitch(goal, before, move)
    this.base = after
    this.state = claim.state
    if (move.kind === 'claim') this.claimed(goal.run)
    if (move.kind === 'await') this.hinder(before, move)
    if (move.kind === 'judge') this.change({ verdict: this.judged(move.stage) })
    if (move.kind === 'switch' && !this.nature.follows && this.serves(move.to) === 'new') {
      this.change({ switch: { ...this.base.switch, endpoints: before.switch.endpoints } })
    }
  }

  /** The template of what is named. */
  serves(owner: Color | 'own' = this.base.switch.to): string | undefined {
    return this.base[owner]?.template
  }

  /** A new fence: nothing carries it yet. */
  private claimed(run: RunId): void {
    this.holder = { run, since: this.base.now }
    this.fence++
    const colors = (['blue', 'green'] as const).flatMap((color) => {
      const made = this.base[color]
      return made === undefined ? [] : [`Deployment/${made.name}`]
    })
    const followers = this.base.followers.map(({ object }) => object)
    const unstamped = ['Deployment/shop', ...followers, ...colors]
    this.change({ unstamped, switch: { ...this.base.switch, unstamped: ['Service/shop'] } })
  }

  /** What nature does not let happen stays as it was, and the wait for it is in vain. */
  private hinder(before: BlueGreenSight, move: Extract<BlueGreenMove, { kind: 'await' }>): void {
    const { nature } = this
    let vain = false
    for (const color of ['blue', 'green'] as const) {
      const was = before[color]
      const never = was?.template === 'new' ? !nature.starts : !nature.adopts && was?.template === 'old'
      if (was === undefined || !never || was.ready >= was.desired || was.deleting) continue
      this.change({ [color]: was })
      vain = true
    }
    const { to } = before.switch
    if (!nature.follows && to !== 'own' && this.serves(to) === 'new') {
      this.change({ switch: { ...this.base.switch, endpoints: before.switch.endpoints } })
      vain ||= move.what === 'switch-endpoints'
    }
    this.change({ now: vain ? move.until : this.base.now + 1000 })
  }

  private judged(stage: SwitchStage): SwitchVerdict {
    const said = this.nature.verdict(stage)
    if (said === 'pass') return { kind: 'pass', stage }
    if (said === 'hold') return { kind: 'hold', stage, reason: 'no data' }
    return { kind: 'fail', stage, code: 'unhealthy', reason: `error rate ${stage}` }
  }
}
