import type { Colors, ColorSight, Switch } from '@release-actions/ports'
import {
  COLORS,
  otherColor,
  type Color,
  type Owner,
  type RunId,
  type SwitchStage,
  type WorkloadSight,
} from '@release-actions/release'
import type { BlueGreenPorts } from '../src/index.ts'
import { pods } from './fakes.ts'
import { LeaseWorld, type Holder, type Nature } from './lease-world.ts'

// A cluster in memory behind the engine's ports: one workload, its two colours, a Service, an HPA and a Lease.

const POD_STARTS_MS = 4_000
const POD_ENDS_MS = 1_000
/** The EndpointSlice controller, and then kube-proxy. */
const ENDPOINTS_MS = 100
const LAG_MS = 250
const REQUESTS_PER_MS = 0.2

const SERVICE = 'Service/shop'
const AUTOSCALER = 'HorizontalPodAutoscaler/shop'
const OWNERS: readonly Owner[] = ['own', ...COLORS]

export interface ColorsProcess extends BlueGreenPorts {
  readonly holder: Holder
}

export interface ColorsNature extends Nature<SwitchStage> {
  /** Pods of the new version become ready. */
  starts: boolean
  /** New connections can be told apart. */
  tells: boolean
}

export class ColorsWorld extends LeaseWorld<SwitchStage> {
  readonly nature: ColorsNature = {
    before: () => undefined,
    after: () => undefined,
    verdict: () => ({ kind: 'pass' }),
    starts: true,
    tells: true,
  }
  /** Requests by the template that answered; `failed` found no ready pod. */
  readonly served: Record<string, number> = { old: 0, new: 0, failed: 0 }

  /** The template of the version that is being released. */
  template = 'new'
  readonly workloads: Record<Owner, WorkloadSight | undefined> = {
    own: pods('shop', 'old', 4),
    blue: undefined,
    green: undefined,
  }
  /** Who is named; whose endpoints the slices list; where new connections go. */
  to: Owner = 'own'
  listed: Owner = 'own'
  effective: Owner = 'own'
  /** What the preview Service names. */
  preview: Color | undefined
  follower: Owner = 'own'

  process(run: RunId = { id: 7, attempt: 1 }): ColorsProcess {
    const holder = this.enter(run)
    return {
      holder,
      clock: this.clock,
      claims: this.claims(holder),
      colors: this.colors(),
      switch: this.switch(),
      gates: this.gates(),
    }
  }

  /** A forced apply of the user's manifest: the key is gone from the selector. */
  resetSelector(): void {
    this.name('own')
  }

  /** What a release leaves. */
  outcome(): unknown {
    const up = OWNERS.filter((owner) => (this.workloads[owner]?.desired ?? 0) > 0)
    return {
      serves: this.workloads[this.to]?.template,
      same: [this.listed, this.effective, this.follower].every((each) => each === this.to),
      whole: this.workloads[this.to]?.settled,
      up: up.map((owner) => `${owner} ${this.workloads[owner]?.template}`),
      colors: this.state.colors && { live: this.state.colors.live, warm: this.state.colors.warm?.color },
      switching: this.state.switching,
    }
  }

  protected serve(ms: number): void {
    const requests = ms * REQUESTS_PER_MS
    const targets = this.targets(this.effective)
    const all = targets.reduce((sum, owner) => sum + (this.workloads[owner]?.ready ?? 0), 0)
    if (all === 0) this.served['failed'] = (this.served['failed'] ?? 0) + requests
    for (const owner of targets) {
      const workload = this.workloads[owner]
      if (workload === undefined || workload.ready === 0) continue
      const share = (requests * workload.ready) / all
      this.served[workload.template] = (this.served[workload.template] ?? 0) + share
    }
  }

  /** Without our key the user's selector matches everybody's pods. */
  private targets(to: Owner): readonly Owner[] {
    return to === 'own' ? OWNERS : [to]
  }

  private name(to: Owner): void {
    this.to = to
    this.clock.in(ENDPOINTS_MS, () => {
      this.listed = this.to
    })
    this.clock.in(LAG_MS, () => {
      this.effective = this.to
    })
  }

  private colors(): Colors {
    return {
      preflight: () => Promise.resolve([]),
      observe: () =>
        this.reads('read workloads', () => {
          const { own, blue, green } = this.workloads
          const objects = OWNERS.flatMap((owner) =>
            this.workloads[owner] === undefined ? [] : [`Deployment/${owner}`],
          )
          return {
            own: this.told('own', own ?? pods('shop', 'old', 0)),
            blue: blue && this.told('blue', blue),
            green: green && this.told('green', green),
            followers: [{ object: AUTOSCALER, to: this.follower }],
            unstamped: this.unstamped(...objects, AUTOSCALER),
            at: this.clock.now(),
          }
        }),
      stamp: (object, fence) => this.stamp(object, fence),
      apply: (color, content, replicas, fence) =>
        this.does(`apply ${color} ${content} ${replicas}`, () => {
          this.stamps.set(`Deployment/${color}`, fence)
          const template = content === 'base' ? 'old' : this.template
          const before = this.workloads[color]
          if ((before?.total ?? 0) > 0 && before?.template !== template)
            this.violations.push(`${color} is a mixture of two versions`)
          if (content === 'release' && this.to === 'own')
            this.violations.push('idle pods while nobody is named')
          const none = { ready: 0, total: replicas, endpoints: 0, settled: false }
          this.workloads[color] = pods(`shop-${color}`, template, replicas, none)
          this.start(color)
        }),
      scale: (owner, replicas, fence) =>
        this.patches(`scale ${owner} ${replicas}`, `Deployment/${owner}`, fence, () =>
          this.resize(owner, replicas),
        ),
      follow: (object, to, fence) =>
        this.patches(`follow ${to}`, object, fence, () => {
          this.follower = to
        }),
      finish: () => this.reads('finish', () => undefined),
      changed: (ms, signal) => this.clock.first(ms, signal),
      explain: (owner) => this.reads(`explain ${owner}`, () => [`the words of ${owner}`]),
    }
  }

  private told(owner: Owner, workload: WorkloadSight): ColorSight {
    const named = this.targets(this.listed).includes(owner) || this.preview === owner
    return {
      ...workload,
      endpoints: named ? workload.ready : 0,
      image: `app:${workload.template}`,
      digest: undefined,
      label: undefined,
      replicaSet: `${workload.name}-1`,
    }
  }

  private switch(): Switch {
    const set = (call: string, to: Color, fence: number): Promise<void> =>
      this.patches(call, SERVICE, fence, () => {
        const ready = this.workloads[to]?.ready ?? 0
        if (ready === 0) this.violations.push(`${to} is given everything with no pod ready`)
        this.name(to)
      })
    return {
      settle: 2_000,
      preflight: () => Promise.resolve({ warnings: [], changes: [] }),
      read: () =>
        this.reads('read switch', () => ({
          kind: 'service' as const,
          to: this.to,
          linked: this.to !== 'own' && this.preview === otherColor(this.to),
          accepted: true,
          refused: undefined,
          tampered: undefined,
          unstamped: this.unstamped(SERVICE),
          endpoints: {
            own: this.endpoints('own'),
            blue: this.endpoints('blue'),
            green: this.endpoints('green'),
          },
        })),
      stamp: (object, fence) => this.stamp(object, fence),
      original: () => this.reads('read original', () => ({ selector: { app: 'shop' } })),
      link: (idle) =>
        this.does(`link ${idle}`, () => {
          this.preview = idle
        }),
      set: (to, fence) => set(`switch ${to}`, to, fence),
      back: (to, fence) => set(`back ${to}`, to, fence),
      ask: async (count) => {
        if (!this.nature.tells) return undefined
        this.clock.pass(20)
        await Promise.resolve()
        const { effective } = this
        return effective === 'own'
          ? undefined
          : { blue: 0, green: 0, [effective]: count, through: 'service' as const }
      },
      wayBack: () => Promise.resolve('kubectl patch'),
      changed: (ms, signal) => this.clock.first(ms, signal),
    }
  }

  private endpoints(owner: Owner): number {
    return this.targets(this.listed).includes(owner) ? (this.workloads[owner]?.ready ?? 0) : 0
  }

  private resize(owner: Owner, desired: number): void {
    const workload = this.workloads[owner]
    if (workload === undefined) return
    const less = desired < workload.desired
    const serves = this.targets(this.effective).includes(owner)
    // An adoption that is given up has two Deployments of one version behind the Service.
    const unadopts = this.to === 'own' && owner !== 'own' && (this.workloads.own?.ready ?? 0) > 0
    if (less && serves && !unadopts) this.violations.push(`${owner} is shrunk while it serves`)
    const ready = Math.min(workload.ready, desired)
    this.workloads[owner] = { ...workload, desired, ready, settled: ready === desired }
    if (!less) return this.start(owner)
    this.clock.in(POD_ENDS_MS, () => {
      const now = this.workloads[owner]
      if (now !== undefined && now.desired === desired) this.workloads[owner] = { ...now, total: desired }
    })
  }

  private start(owner: Owner): void {
    this.clock.in(POD_STARTS_MS, () => {
      const workload = this.workloads[owner]
      if (workload === undefined || (workload.template === 'new' && !this.nature.starts)) return
      this.workloads[owner] = pods(workload.name, workload.template, workload.desired)
    })
  }
}
