import type { ClusterSight } from '@release-actions/ports'
import type { RedeployGoal, RedeployStage, RunId, WorkloadSight } from '@release-actions/release'
import type { RedeployPorts } from '../src/index.ts'
import { pods } from './fakes.ts'
import { MINUTE } from './goals.ts'
import { LeaseWorld, type Holder, type Nature } from './lease-world.ts'

// A cluster in memory behind the engine's ports: one workload with a bad version, its ReplicaSets and a Lease.

const ROLLOUT_MS = 20_000
const REQUESTS_PER_MS = 0.2
const STABLE = 'Deployment/shop'

/** Back from version 3 to version 2, judged twice. */
export function redeployGoal(over: Partial<RedeployGoal> = {}): RedeployGoal {
  return {
    kind: 'redeploy',
    release: { version: '2', digest: undefined, image: 'app:2', template: 'good' },
    replicaSet: 'shop-2',
    from: { version: '3', digest: undefined, image: 'app:3', template: 'bad' },
    run: { id: 9, attempt: 1 },
    reason: 'the checkout fails',
    timing: { timeout: 2 * MINUTE },
    verifications: 2,
    soak: 10_000,
    allowOlder: false,
    ...over,
  }
}

export interface RedeployProcess extends RedeployPorts {
  readonly holder: Holder
}

export interface RedeployNature extends Nature<RedeployStage> {
  /** What keeps the restored pods from starting; undefined: nothing. */
  trouble: string | undefined
  /** After so many milliseconds the restored pods are ready. */
  starts: number
  /** Somebody puts the bad template back at once, so often. */
  reverts: number
}

export class RedeployWorld extends LeaseWorld<RedeployStage> {
  readonly nature: RedeployNature = {
    before: () => undefined,
    after: () => undefined,
    verdict: () => ({ kind: 'pass' }),
    trouble: undefined,
    starts: ROLLOUT_MS,
    reverts: 0,
  }
  /** Requests by the template that answered; `failed` found no ready pod. */
  readonly served = { bad: 0, good: 0, failed: 0 }
  stable: WorkloadSight = pods('shop', 'bad', 4)

  process(run: RunId = { id: 9, attempt: 1 }): RedeployProcess {
    const holder = this.enter(run)
    return {
      holder,
      clock: this.clock,
      claims: this.claims(holder),
      cluster: this.cluster(),
      gates: this.gates(),
      serviced: true,
    }
  }

  /** What a rollback leaves. */
  outcome(): unknown {
    const { stable, state } = this
    return {
      template: stable.template,
      settled: stable.settled,
      redeploying: state.redeploying,
      live: state.live?.release.version,
      rolledBack: state.rolledBack?.map(({ release }) => release.version),
    }
  }

  protected serve(ms: number): void {
    const { ready, old, template } = this.stable
    const requests = ms * REQUESTS_PER_MS
    if (ready + old === 0) this.served.failed += requests
    else if (template === 'good' && old === 0) this.served.good += requests
    else this.served.bad += requests
  }

  private cluster(): RedeployPorts['cluster'] {
    return {
      observe: () =>
        this.reads('read cluster', (): ClusterSight => {
          const image = `app:${this.stable.template}`
          const more = { image, label: undefined, replicaSet: 'shop-1', digest: undefined }
          return {
            stable: { ...this.stable, ...more },
            canary: undefined,
            autoscaler: undefined,
            unstamped: this.unstamped(STABLE, 'HorizontalPodAutoscaler/shop'),
            at: this.clock.now(),
          }
        }),
      stamp: (object, fence) => this.stamp(object, fence),
      restoreStable: async ({ template }, fence) => {
        await this.patches(`restore ${template}`, STABLE, fence, () => {
          if (template !== 'good') this.violations.push(`${template} is restored`)
          this.roll(template)
          if (this.nature.reverts-- > 0) this.clock.in(500, () => this.roll('bad'))
        })
        return ['the annotations of its pods']
      },
      changed: (ms, signal) => this.clock.first(ms, signal),
      explain: (track) => this.reads(`explain ${track}`, () => [`the words of the ${track}`]),
    }
  }

  private roll(template: string): void {
    if (template === this.stable.template) return
    const { trouble, starts } = this.nature
    const stuck = template === 'good' && trouble !== undefined
    this.stable = pods('shop', template, 4, {
      ready: 2,
      old: 2,
      settled: false,
      trouble: stuck ? [trouble] : [],
    })
    if (stuck) return
    this.clock.in(starts, () => {
      if (this.stable.template === template) this.stable = pods('shop', template, 4)
    })
  }
}
