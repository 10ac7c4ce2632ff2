import type { Claims, Cluster, Gates, Traffic, TrafficMeter, WindowVerdict } from '@release-actions/ports'
import {
  EMPTY_LEASE_STATE,
  type ClaimSight,
  type LeaseState,
  type RunId,
  type Stage,
  type WorkloadSight,
} from '@release-actions/release'
import { Conflict, Superseded } from '@release-actions/values'
import type { CanaryPorts } from '../src/index.ts'
import { VirtualClock } from './clock.ts'

// A cluster in memory behind the engine's ports: one workload, its canary, a route, an HPA and a Lease.

const CALL_MS = 5
const POD_STARTS_MS = 4_000
const ROLLOUT_MS = 20_000
const ACCEPTED_MS = 20
/** How long a gateway serves its old configuration after it has accepted a new one. */
const LAG_MS = 1_500
const REQUESTS_PER_MS = 0.2

const ROUTE = 'HTTPRoute/shop'
const STABLE = 'Deployment/shop'
const CANARY = 'Deployment/shop-canary'
const AUTOSCALER = 'HorizontalPodAutoscaler/shop'

/** A process that was killed: no error that anybody handles. */
export class Killed extends Error {}

export interface Process extends CanaryPorts {
  readonly holder: Holder
}

/** Who a process is; a killed one holds its claim until it expires. */
interface Holder {
  readonly run: RunId
  alive: boolean
  since: number
}

/** How the world answers; kind, unless a test says otherwise. */
export interface Nature {
  /** Told of every call: `shift 25`, `read lease`. What it throws, the caller gets, and nothing is done. */
  before: (call: string) => void
  /** The same, once it is done. */
  after: (call: string) => void
  verdict: (stage: Stage) => WindowVerdict
  /** Pods of the new version become ready. */
  starts: boolean
  /** What `link` writes stays written. */
  links: boolean
}

export class FakeWorld {
  readonly clock = new VirtualClock((ms) => this.serve(ms))
  readonly nature: Nature = {
    before: () => undefined,
    after: () => undefined,
    verdict: () => ({ kind: 'pass' }),
    starts: true,
    links: true,
  }
  /** Every call that changed something, by name. */
  readonly writes: string[] = []
  /** What must never happen, and did. */
  readonly violations: string[] = []
  /** Requests served; `failed` found no ready pod. */
  readonly served = { stable: 0, canary: 0, failed: 0 }
  /** Guards that watch the Lease, and windows that are open. */
  readonly open = { guards: 0, windows: 0 }

  /** The template of the version that is being released. */
  template = 'new'
  stable: WorkloadSight = pods('shop', 'old', 4)
  canary: WorkloadSight | undefined
  route = { linked: false, weight: 0, accepted: true }
  /** The share that the gateway gives the canary now, whatever the route says. */
  effective = 0
  autoscaler = { name: 'shop', min: 2 }
  holder: Holder | undefined
  fence = 0
  state: LeaseState = EMPTY_LEASE_STATE

  private readonly stamps = new Map<string, number>()
  private lost = new AbortController()
  private deleted = false

  /** A process comes. What a killed one before it held has expired by now. */
  process(run: RunId = { id: 7, attempt: 1 }): Process {
    const holder: Holder = { run, alive: true, since: 0 }
    if (this.holder?.alive === false) this.holder = undefined
    this.lost = new AbortController()
    return {
      holder,
      clock: this.clock,
      claims: this.claims(holder),
      cluster: this.cluster(),
      traffic: this.traffic(),
      gates: this.gates(),
      meter: this.meter(),
    }
  }

  /** Another process takes the Lease. */
  steal(run: RunId): void {
    this.holder = { run, alive: true, since: this.clock.now() }
    this.fence++
    this.lost.abort()
  }

  /** Somebody deletes the Lease; nobody takes it. */
  deleteLease(): void {
    this.holder = undefined
    this.deleted = true
    this.state = EMPTY_LEASE_STATE
    this.lost.abort()
    this.lost = new AbortController()
  }

  /** The holder of the newest fence puts it on an object. */
  overtake(object: string): void {
    this.stamps.set(object, this.fence)
  }

  /** What is left of a release. */
  outcome(): unknown {
    const { stable, canary, route, effective, autoscaler, state } = this
    const { template, settled } = stable
    return { template, settled, canary, route, effective, autoscaler, inFlight: state.inFlight }
  }

  private serve(ms: number): void {
    const requests = ms * REQUESTS_PER_MS
    const canary = (requests * this.effective) / 100
    this.served.canary += canary
    this.served.stable += requests - canary
    const broken = (on: WorkloadSight | undefined): boolean => on === undefined || on.ready === 0
    if (canary > 0 && broken(this.canary)) this.served.failed += canary
    if (canary < requests && broken(this.stable)) this.served.failed += requests - canary
  }

  private async reads<T>(name: string, what: () => T): Promise<T> {
    this.clock.pass(CALL_MS)
    await Promise.resolve()
    this.nature.before(name)
    return what()
  }

  private async does(name: string, what: () => void): Promise<void> {
    this.clock.pass(CALL_MS)
    await Promise.resolve()
    this.nature.before(name)
    what()
    this.writes.push(name)
    this.nature.after(name)
  }

  /** A patch of an object that was stamped with this fence, by a process that has not been overtaken. */
  private patches(name: string, object: string, fence: number, what: () => void): Promise<void> {
    return this.does(name, () => {
      const stamp = this.stamps.get(object)
      if (stamp !== undefined && stamp > fence) throw new Conflict(`the fence on ${object} is ${stamp} now`)
      if (stamp !== fence) this.violations.push(`${name} while ${object} does not carry the fence ${fence}`)
      what()
    })
  }

  private unstamped(...objects: readonly string[]): readonly string[] {
    return objects.filter((object) => this.stamps.get(object) !== this.fence)
  }

  private stamp(object: string, fence: number): Promise<void> {
    return this.does(`stamp ${object}`, () => void this.stamps.set(object, fence))
  }

  private claims(me: Holder): Claims {
    let had = false
    return {
      read: () =>
        this.reads('read lease', (): ClaimSight => {
          const { holder, fence, state } = this
          if (holder === me) return { kind: 'ours', fence, since: me.since, state }
          if (had && !this.deleted) return { kind: 'lost', to: holder?.run, state }
          return holder === undefined ? { kind: 'free', state } : { kind: 'held', by: holder.run, state }
        }),
      take: async () => {
        await this.does('take lease', () => {
          had = true
          this.deleted = false
          me.since = this.clock.now()
          this.holder = me
          this.fence++
        })
        return { fence: this.fence }
      },
      write: (change) =>
        this.does('write lease', () => {
          if (this.holder !== me) throw new Superseded('the Lease is held by another')
          this.state = change(this.state)
        }),
      release: () => {
        if (this.holder === me && me.alive) this.holder = undefined
        return Promise.resolve()
      },
      guard: () => {
        this.open.guards++
        return { lost: this.lost.signal, stop: () => void this.open.guards-- }
      },
    }
  }

  private cluster(): Cluster {
    return {
      preflight: () => Promise.resolve([]),
      observe: () =>
        this.reads('read cluster', () => {
          const { stable, canary, autoscaler } = this
          const names = canary === undefined ? [STABLE, AUTOSCALER] : [STABLE, AUTOSCALER, CANARY]
          return {
            stable: {
              ...stable,
              image: `app:${stable.template}`,
              label: undefined,
              replicaSet: 'shop-1',
              digest: undefined,
            },
            canary: canary && { ...canary, image: `app:${canary.template}`, digest: undefined },
            autoscaler,
            unstamped: this.unstamped(...names),
            at: this.clock.now(),
          }
        }),
      stamp: (object, fence) => this.stamp(object, fence),
      holdAutoscaler: (min, fence) =>
        this.patches(`hold HPA ${min}`, AUTOSCALER, fence, () => {
          this.autoscaler = { ...this.autoscaler, min }
        }),
      releaseAutoscaler: (name, min, fence) =>
        this.patches(`release HPA ${min}`, AUTOSCALER, fence, () => {
          this.autoscaler = { name, min }
        }),
      applyCanary: (replicas, fence) =>
        this.does(`apply canary ${replicas}`, () => {
          this.stamps.set(CANARY, fence)
          this.canary = pods('shop-canary', this.template, replicas, {
            ready: 0,
            endpoints: 0,
            settled: false,
          })
          this.start()
        }),
      scaleCanary: (replicas, fence) =>
        this.patches(`scale canary ${replicas}`, CANARY, fence, () => {
          if (this.canary !== undefined) this.canary = { ...this.canary, desired: replicas, settled: false }
          this.start()
        }),
      deleteCanary: async (fence) => {
        await this.patches('delete canary', CANARY, fence, () => {
          if (this.effective > 0) this.violations.push('the canary is deleted while it serves')
          this.canary = undefined
          this.stamps.delete(CANARY)
        })
        return []
      },
      promoteStable: (fence) => this.patches('promote', STABLE, fence, () => this.roll(this.template)),
      restoreStable: async (_, fence) => {
        await this.patches('restore', STABLE, fence, () => this.roll('old'))
        return []
      },
      changed: (ms, signal) => this.clock.first(ms, signal),
      explain: (track) => this.reads(`explain ${track}`, () => [`the words of the ${track}`]),
    }
  }

  private traffic(): Traffic {
    return {
      settle: 5_000,
      preflight: () => Promise.resolve({ warnings: [], changes: [] }),
      read: () =>
        this.reads('read route', () => ({
          kind: 'route' as const,
          ...this.route,
          refused: undefined,
          tampered: undefined,
          unstamped: this.unstamped(ROUTE),
        })),
      stamp: (object, fence) => this.stamp(object, fence),
      original: () => this.reads('read original route', () => ({ weights: [1] })),
      link: (fence) =>
        this.patches('link', ROUTE, fence, () => {
          if (this.nature.links) this.route = { linked: true, weight: 0, accepted: true }
        }),
      shift: (weight, fence) =>
        this.patches(`shift ${weight}`, ROUTE, fence, () => {
          const { canary } = this
          if (weight > 0 && (canary === undefined || canary.ready * 100 < weight * this.stable.desired))
            this.violations.push(`weight ${weight} for ${canary?.ready ?? 0} ready pods`)
          this.split(weight)
        }),
      retreat: (fence) => this.patches('retreat', ROUTE, fence, () => this.split(0)),
      unlink: (_, fence) =>
        this.patches('unlink', ROUTE, fence, () => {
          if (this.effective > 0) this.violations.push('the canary leaves the route while it serves')
          this.route = { linked: false, weight: 0, accepted: true }
        }),
      wayBack: () => Promise.resolve('kubectl patch'),
      changed: (ms, signal) => this.clock.first(ms, signal),
    }
  }

  private gates(): Gates<Stage> {
    return {
      open: (stage, soak) => {
        const begin = this.clock.now()
        let due = begin
        let rounds = 0
        this.open.windows++
        return {
          nextRoundIn: () => due - this.clock.now(),
          round: (signal) => {
            due = this.clock.now() + 10_000
            rounds++
            return this.clock.sleep(20, signal)
          },
          verdict: () => {
            const verdict = this.nature.verdict(stage)
            if (rounds === 0) return { kind: 'judging' }
            const over = this.clock.now() >= begin + soak
            return verdict.kind === 'pass' && !over ? { kind: 'judging' } : verdict
          },
          close: () => {
            this.open.windows--
            return Promise.resolve()
          },
        }
      },
    }
  }

  /** Counts what was served, to the request. */
  private meter(): TrafficMeter {
    return {
      read: () => {
        this.clock.pass(CALL_MS)
        const { stable, canary } = this.served
        return Promise.resolve({ stable: Math.round(stable), canary: Math.round(canary) })
      },
    }
  }

  private split(weight: number): void {
    this.route = { ...this.route, weight, accepted: false }
    this.clock.in(ACCEPTED_MS, () => {
      this.route = { ...this.route, accepted: true }
    })
    this.clock.in(LAG_MS, () => {
      this.effective = this.route.weight
    })
  }

  private start(): void {
    this.clock.in(POD_STARTS_MS, () => {
      if (this.canary === undefined || !this.nature.starts) return
      const { name, template, desired } = this.canary
      this.canary = pods(name, template, desired)
    })
  }

  private roll(template: string): void {
    this.stable = pods('shop', template, 4, { ready: 2, old: 2, settled: false })
    this.clock.in(ROLLOUT_MS, () => {
      if (this.stable.template === template) this.stable = pods('shop', template, 4)
    })
  }
}

function pods(
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
