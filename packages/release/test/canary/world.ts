import {
  capacity,
  decide,
  noted,
  EMPTY_LEASE_STATE,
  type CanaryGoal,
  type CanaryMove,
  type CanarySight,
  type ClaimSight,
  type InFlight,
  type LeaseState,
  type ReleaseGoal,
  type ReleaseId,
  type RunId,
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
  autoscaler: CanarySight['autoscaler'] = { name: 'shop', min: 1 }
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

  act(goal: CanaryGoal, move: CanaryMove): void {
    this.now += 10
    switch (move.kind) {
      case 'claim':
        this.holder = { run: goal.run, since: this.now }
        this.fence++
        return
      case 'stamp':
        this.unstamped = this.unstamped.filter((name) => name !== move.object)
        this.traffic = {
          ...this.traffic,
          unstamped: this.traffic.unstamped.filter((name) => name !== move.object),
        }
        return
      case 'begin':
        return this.begin(goal)
      case 'note':
        return this.change((flight) => noted(flight, move.change, this.now))
      case 'hold-autoscaler':
      case 'release-autoscaler':
        if (this.autoscaler !== undefined) this.autoscaler = { ...this.autoscaler, min: move.min }
        return
      case 'apply-canary':
        this.canary = workload(
          'shop-canary',
          goal.kind === 'release' ? goal.release.template : '',
          move.replicas,
          {
            ready: 0,
            endpoints: 0,
          },
        )
        return
      case 'scale-canary':
        if (this.canary !== undefined)
          this.canary = { ...this.canary, desired: move.replicas, settled: false }
        return
      case 'link':
        this.traffic = { ...this.traffic, linked: true, weight: 0, accepted: false }
        return
      case 'shift':
        return this.shift(move.weight)
      case 'retreat-route':
        this.shift(0)
        return this.change((flight) =>
          noted(flight, { kind: 'retreat', why: move.why, phase: 'retreating' }, this.now),
        )
      case 'promote-stable':
        this.stable = { ...this.stable, template: 'new', settled: false, ready: 0 }
        return this.change((flight) => noted(flight, { kind: 'phase', name: 'promoting' }, this.now))
      case 'restore-stable':
        this.stable = {
          ...this.stable,
          template: this.state.inFlight?.base.release.template ?? 'old',
          settled: false,
        }
        return
      case 'unlink':
        this.traffic = { ...this.traffic, linked: this.traffic.kind === 'replicas', weight: 0 }
        return
      case 'delete-canary':
        this.canary = undefined
        return
      case 'land':
        return this.land(move.outcome)
      case 'await':
        this.now = this.helps(move.what) ? this.now + 1000 : move.until
        return this.pass()
      case 'verify':
        this.now += 5_000
        return this.change((flight) => {
          const shifts = flight.shifts.map((s, i) =>
            i === flight.shifts.length - 1 ? { ...s, verified: 'observed' as const } : s,
          )
          return { ...flight, shifts }
        })
      case 'drain':
        this.now = Math.max(this.now, move.until)
        return
      case 'judge':
        return this.judge(move)
      case 'done':
      case 'failed':
      case 'stopped':
        return
    }
  }

  private begin(goal: CanaryGoal): void {
    if (goal.kind !== 'release') return
    const before = this.state.inFlight
    const min = this.autoscaler?.min
    const inFlight: InFlight = before
      ? { ...before, run: goal.run, plan: goal.plan }
      : {
          release: goal.release,
          run: goal.run,
          deployment: undefined,
          traffic: goal.traffic,
          plan: goal.plan,
          since: this.now,
          base: {
            release: { ...OLD, template: this.stable.template },
            replicas: this.stable.desired,
            replicaSet: 'shop-1',
            autoscaler:
              this.autoscaler && min !== undefined ? { name: this.autoscaler.name, min } : undefined,
            route: null,
          },
          passed: [],
          shifts: [],
          phase: { name: 'adopting', since: this.now },
          retreat: undefined,
          reverted: 0,
        }
    this.state = { ...this.state, inFlight }
  }

  private change(to: (flight: InFlight) => InFlight): void {
    const { inFlight } = this.state
    if (inFlight !== undefined) this.state = { ...this.state, inFlight: to(inFlight) }
  }

  private shift(weight: number): void {
    if (this.traffic.kind === 'replicas') {
      const desired = weight === 0 ? 0 : capacity('replicas', weight, this.stable.desired)
      if (this.canary !== undefined) this.canary = { ...this.canary, desired }
    } else {
      this.traffic = { ...this.traffic, weight, accepted: false }
    }
    this.change((flight) => noted(flight, { kind: 'shift', weight }, this.now))
  }

  private land(outcome: 'promoted' | 'retreated'): void {
    const flight = this.state.inFlight
    if (flight === undefined) return
    const last = {
      release: flight.release,
      run: flight.run,
      deployment: undefined,
      outcome,
      why: flight.retreat,
      at: this.now,
    }
    this.state = {
      schema: 1,
      inFlight: undefined,
      last,
      live: outcome === 'promoted' ? last : this.state.live,
    }
  }

  private helps(what: string): boolean {
    const { nature } = this
    if (what === 'route-accepted') return nature.routeAccepts
    if (what.startsWith('canary')) return nature.canaryStarts || what === 'canary-gone'
    return nature.stableRolls || this.stable.template !== 'new'
  }

  /** Time passed: whatever nature lets happen has happened. */
  private pass(): void {
    const { nature } = this
    if (this.canary?.deleting === true) this.canary = undefined
    if (this.canary !== undefined && nature.canaryStarts) {
      const { desired } = this.canary
      this.canary = { ...this.canary, ready: desired, endpoints: desired, total: desired, settled: true }
    }
    const rolls = nature.stableRolls || this.stable.template !== 'new'
    if (rolls)
      this.stable = {
        ...this.stable,
        ready: this.stable.desired,
        endpoints: this.stable.desired,
        settled: true,
      }
    if (nature.routeAccepts) this.traffic = { ...this.traffic, accepted: true }
  }

  private judge(move: Extract<CanaryMove, { kind: 'judge' }>): void {
    this.now += move.soak
    const { stage } = move
    const said = this.nature.verdict(stage)
    if (said === 'pass') this.verdict = { kind: 'pass', stage }
    else if (said === 'hold') this.verdict = { kind: 'hold', stage, reason: 'no data' }
    else this.verdict = { kind: 'fail', stage, code: 'unhealthy', reason: `error rate at ${stage}` }
  }
}
