import type { Cluster, Traffic, TrafficMeter } from '@release-actions/ports'
import type { RunId, Stage, WorkloadSight } from '@release-actions/release'
import type { CanaryPorts } from '../src/index.ts'
import { CALL_MS, LeaseWorld, type Holder, type Nature } from './lease-world.ts'

export { Killed } from './lease-world.ts'

// A cluster in memory behind the engine's ports: one workload, its canary, a route, an HPA and a Lease.

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

export interface Process extends CanaryPorts {
  readonly holder: Holder
}

/** How the world answers; kind, unless a test says otherwise. */
export interface CanaryNature extends Nature<Stage> {
  /** Pods of the new version become ready. */
  starts: boolean
  /** What `link` writes stays written. */
  links: boolean
}

export class FakeWorld extends LeaseWorld<Stage> {
  readonly nature: CanaryNature = {
    before: () => undefined,
    after: () => undefined,
    verdict: () => ({ kind: 'pass' }),
    starts: true,
    links: true,
  }
  /** Requests served; `failed` found no ready pod. */
  readonly served = { stable: 0, canary: 0, failed: 0 }

  /** The template of the version that is being released. */
  template = 'new'
  stable: WorkloadSight = pods('shop', 'old', 4)
  canary: WorkloadSight | undefined
  route = { linked: false, weight: 0, accepted: true }
  /** The share that the gateway gives the canary now, whatever the route says. */
  effective = 0
  autoscaler = { name: 'shop', min: 2, max: 10 }

  /** A process comes. What a killed one before it held has expired by now. */
  process(run: RunId = { id: 7, attempt: 1 }): Process {
    const holder = this.enter(run)
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

  /** What is left of a release. */
  outcome(): unknown {
    const { stable, canary, route, effective, autoscaler, state } = this
    const { template, settled } = stable
    return { template, settled, canary, route, effective, autoscaler, inFlight: state.inFlight }
  }

  protected serve(ms: number): void {
    const requests = ms * REQUESTS_PER_MS
    const canary = (requests * this.effective) / 100
    this.served.canary += canary
    this.served.stable += requests - canary
    const broken = (on: WorkloadSight | undefined): boolean => on === undefined || on.ready === 0
    if (canary > 0 && broken(this.canary)) this.served.failed += canary
    if (canary < requests && broken(this.stable)) this.served.failed += requests - canary
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
          this.autoscaler = { ...this.autoscaler, name, min }
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

export function pods(
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
