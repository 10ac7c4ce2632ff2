import {
  decide,
  EMPTY_LEASE_STATE,
  project,
  type CanaryGoal,
  type CanaryMove,
  type CanarySight,
  type ClaimSight,
  type LeaseState,
  type ReleaseGoal,
  type ReleaseId,
  type RunId,
  type Stage,
  type VerdictSight,
  type WorkloadSight,
} from '../../src/index.ts'

export const OLD: ReleaseId = { version: '1', digest: undefined, image: 'app:1', template: 'old' }
export const NEW: ReleaseId = { version: '2', digest: undefined, image: 'app:2', template: 'new' }
export const OTHER: ReleaseId = { version: '0', digest: undefined, image: 'app:0', template: 'other' }

export function goalOf(over: Partial<ReleaseGoal> = {}): ReleaseGoal {
  const plan = over.plan ?? [5, 25, 50, 100]
  return {
    kind: 'release',
    release: NEW,
    run: { id: 7, attempt: 1 },
    traffic: 'httproute/shop',
    plan,
    until: plan.at(-1) ?? 100,
    promote: true,
    soaks: plan.map(() => 60_000),
    timing: { timeout: 600_000, warmUp: 0, interval: 10_000, drain: 30_000 },
    onFailure: 'retreat',
    allowOlder: false,
    ...over,
  }
}

export function workload(
  name: string,
  template: string,
  desired: number,
  over: Partial<WorkloadSight> = {},
): WorkloadSight {
  return {
    name,
    template,
    desired,
    ready: desired,
    total: desired,
    old: 0,
    settled: true,
    endpoints: desired,
    trouble: [],
    deleting: false,
    ...over,
  }
}

/** How this world answers: what becomes ready, and what the gates say. */
export interface Nature {
  /** Pods of the new version become ready. */
  readonly canaryStarts: boolean
  readonly stableRolls: boolean
  readonly routeAccepts: boolean
  readonly verdict: (stage: string) => 'pass' | 'fail' | 'hold'
}

export const KIND: Nature = {
  canaryStarts: true,
  stableRolls: true,
  routeAccepts: true,
  verdict: () => 'pass',
}

/** What the canary's moves do to a cluster, as plain data: enough of a world to walk through. */
export class World {
  now = 1_000_000
  fence = 0
  holder: { run: RunId; since: number } | undefined
  lost: RunId | undefined
  state: LeaseState = EMPTY_LEASE_STATE
  stable = workload('shop', 'old', 4)
  canary: WorkloadSight | undefined
  traffic: CanarySight['traffic'] = {
    kind: 'route',
    linked: false,
    weight: 0,
    accepted: true,
    refused: undefined,
    tampered: undefined,
    unstamped: ['HTTPRoute/shop'],
  }
  autoscaler: CanarySight['autoscaler'] = { name: 'shop', min: 1, max: 10 }
  unstamped: string[] = ['Deployment/shop', 'HorizontalPodAutoscaler/shop']
  verdict: VerdictSight = { kind: 'none' }
  cancelled = false
  nature: Nature = KIND
  readonly moves: CanaryMove[] = []

  see(): CanarySight {
    const claim: ClaimSight =
      this.lost !== undefined
        ? { kind: 'lost', to: this.lost, state: this.state }
        : this.holder === undefined
          ? { kind: 'free', state: this.state }
          : { kind: 'ours', fence: this.fence, since: this.holder.since, state: this.state }
    const { now, stable, canary, traffic, autoscaler, unstamped, verdict, cancelled } = this
    const workloads = { stable, canary, traffic, autoscaler, unstamped }
    return { now, claim, ...workloads, verdict, cancelled, obstacle: undefined }
  }

  /** Runs one process to its end. @returns its last move; throws when it does not end */
  run(
    goal: CanaryGoal,
    check: (move: CanaryMove, seen: CanarySight) => void = () => undefined,
    most = 300,
  ): CanaryMove {
    for (let i = 0; i < most; i++) {
      const seen = this.see()
      const move = decide(goal, seen)
      check(move, seen)
      this.moves.push(move)
      if (move.kind === 'done' || move.kind === 'failed' || move.kind === 'stopped') return move
      this.act(goal, move)
    }
    throw new Error(`no end after ${most} moves: … ${JSON.stringify(this.moves.slice(-8))}`)
  }

  /** The process died: the claim stays until another takes it, its window of evidence is gone. */
  die(): void {
    this.holder = undefined
    this.lost = undefined
    this.verdict = { kind: 'none' }
    this.cancelled = false
  }

  /** What the kind world would make of the move, less what this world's nature does not let happen. */
  act(goal: CanaryGoal, move: CanaryMove): void {
    const before = this.see()
    const after = project(goal, before, move)
    this.now = after.now
    this.state = after.claim.state
    this.stable = after.stable
    this.canary = after.canary
    this.traffic = after.traffic
    this.autoscaler = after.autoscaler
    this.unstamped = [...after.unstamped]
    this.verdict = after.verdict
    if (move.kind === 'claim') this.claimed(goal.run)
    if (move.kind === 'await') this.hinder(before, move)
    if (move.kind === 'judge') this.verdict = this.judged(move.stage)
  }

  /** A new fence: nothing carries it yet. */
  private claimed(run: RunId): void {
    this.holder = { run, since: this.now }
    this.fence++
    this.unstamped = ['Deployment/shop', 'HorizontalPodAutoscaler/shop']
    if (this.canary !== undefined) this.unstamped.push(`Deployment/${this.canary.name}`)
    const unstamped = this.traffic.kind === 'route' ? ['HTTPRoute/shop'] : []
    this.traffic = { ...this.traffic, unstamped }
  }

  /** What nature does not let happen stays as it was, and the wait for it is in vain. */
  private hinder(before: CanarySight, move: Extract<CanaryMove, { kind: 'await' }>): void {
    const { nature } = this
    const rolls = before.stable.desired > 0 && (nature.stableRolls || before.stable.template !== 'new')
    if (!nature.canaryStarts && before.canary?.deleting !== true) this.canary = before.canary
    if (!rolls) this.stable = before.stable
    if (!nature.routeAccepts) this.traffic = before.traffic
    const helps = {
      'canary-ready': nature.canaryStarts,
      'canary-endpoints': nature.canaryStarts,
      'canary-gone': true,
      'route-accepted': nature.routeAccepts,
      'stable-rolled-out': rolls,
      'stable-endpoints': rolls,
    }
    this.now = helps[move.what] ? this.now + 1000 : move.until
  }

  private judged(stage: Stage): VerdictSight {
    const said = this.nature.verdict(stage)
    if (said === 'pass') return { kind: 'pass', stage }
    if (said === 'hold') return { kind: 'hold', stage, reason: 'no data' }
    return { kind: 'fail', stage, code: 'unhealthy', reason: `error rate at ${stage}` }
  }
}
