import { gateLines } from '@release-actions/action-world'
import { verifyRestored, type JournalEntry } from '@release-actions/engine'
import type { KubernetesRollback, Restoring, RollbackSurvey } from '@release-actions/kubernetes'
import type { ReleaseGates } from '@release-actions/metrics'
import type { Track } from '@release-actions/ports'
import { isSameVersion, type AbortGoal, type ReleaseId, type Way } from '@release-actions/release'
import { messageOf, ReleaseError, type ReasonCode } from '@release-actions/values'
import type { Asked } from './asked.ts'
import type { Target } from './choose.ts'
import { endCanary } from './end-canary.ts'
import { openGates } from './gates.ts'
import type { HookRun } from './hooks.ts'
import { RecordKeeper } from './keep-record.ts'
import type { Location } from './locate.ts'
import { movedTag, type Part } from './part.ts'
import { redeploy } from './redeploy.ts'
import type { ServiceEnd } from './service-end.ts'
import { endSwitch, switchTo } from './switches.ts'
import { changes, describeWay, stageLabel } from './words.ts'

/** All that one service's rollback has come to so far: told as the end, whenever it comes. */
export class Story {
  readonly asked: Asked
  readonly service: string
  readonly #startedAt: number
  readonly #moves: JournalEntry[] = []
  readonly #hooks: HookRun[] = []
  readonly #warnings: string[] = []
  readonly #record: RecordKeeper
  #words: readonly string[] = []
  #world: KubernetesRollback | undefined
  #windows: ReleaseGates | undefined
  #from: ReleaseId | undefined
  #target: Target | undefined
  #base: ReleaseId | undefined
  #serving: ServiceEnd['serving']
  #backAt: number | undefined
  #changed = false
  #wayBack: string | undefined
  #resumed = false
  #tookBack = false

  constructor(asked: Asked, service: string) {
    this.asked = asked
    this.service = service
    this.#startedAt = asked.kit.clock.now()
    this.#record = new RecordKeeper(asked, service, (text) => this.warn(text))
  }

  get to(): Pick<ReleaseId, 'version' | 'digest' | 'image'> | undefined {
    return this.#target ?? this.#base
  }

  warn(text: string): void {
    this.#warnings.push(text)
    this.asked.kit.log.warning(this.#named(text))
  }

  log(text: string): void {
    this.asked.kit.log.line(this.#named(text))
  }

  found(world: KubernetesRollback): void {
    this.#world = world
  }

  /** Nothing is in flight: what runs has all of the traffic, whatever becomes of this. */
  saw(running: ReleaseId): void {
    this.#serving ??= { release: running, share: 100 }
  }

  /** What an earlier attempt began is what it was: the world has moved since. */
  chose(from: ReleaseId, target: Target | undefined, base: ReleaseId | undefined, running: ReleaseId): void {
    this.#from ??= from
    this.#target = target
    this.#base ??= base
    // What is in flight has a share of the traffic too: who has how much, the part that ends it says.
    if (base === undefined) this.#serving ??= { release: running, share: 100 }
    this.#record.condemn(this.#from, target)
    if (target !== undefined) this.log(`from ${from.version} to ${target.version}: ${target.source}`)
  }

  /** Does one part, and keeps what it said. */
  async part(
    way: Exclude<Way, { kind: 'there' }>,
    world: KubernetesRollback,
    location: Location,
    survey: RollbackSurvey,
    target: Target | undefined,
  ): Promise<Part> {
    const { kit } = this.asked
    const { clock, cancelled } = kit
    const listener = {
      moving: (entry: JournalEntry) => this.#moving(entry),
      tell: (text: string) => this.log(text),
    }
    switch (way.kind) {
      case 'end-canary':
        return this.#ended(await endCanary(this.#abortGoal(), way.flight, world, clock, cancelled, listener))
      case 'end-switch':
        return this.#ended(await endSwitch(this.asked, this.#abortGoal(), way.switching, location, listener))
      case 'switch': {
        if (target === undefined) throw new ReleaseError('conflict', 'there is nothing to switch to')
        const from = this.#from ?? survey.stable
        const restores = ({ goal, lost }: Restoring): void => {
          lost.forEach((text) => this.warn(text))
          this.#record.open(target, this.#from, world, goal.hash)
        }
        return this.#ended(await switchTo(this.asked, way, target, from, location, listener, restores))
      }
      case 'redeploy': {
        if (target === undefined) throw new ReleaseError('conflict', 'there is nothing to restore')
        return this.#ended(await this.#redeploy(world, target, listener))
      }
    }
  }

  async #redeploy(
    world: KubernetesRollback,
    target: Target,
    listener: Parameters<typeof redeploy>[5],
  ): Promise<Part> {
    const { inputs, kit } = this.asked
    const restoration = await world.restoration(target)
    restoration.lost.forEach((text) => this.warn(text))
    const { version, digest } = target
    const release: ReleaseId = { version, digest, image: restoration.image, template: restoration.template }
    const from = this.#from ?? release
    const gates = await this.#gates(world, 'stable')
    this.#record.open(target, this.#from, world, restoration.template)
    const goal = {
      kind: 'redeploy',
      release,
      replicaSet: restoration.replicaSet,
      from,
      run: kit.context.run,
      reason: inputs.reason,
      timing: { timeout: inputs.timeout },
      verifications: inputs.verify,
      soak: inputs.soak,
      allowOlder: inputs.allowOlder,
    } as const
    return redeploy(goal, world, gates, kit.clock, kit.cancelled, {
      ...listener,
      opening: () => Promise.resolve(this.#record.deployment),
      judging: (stage) =>
        this.#record.phase(`restored: verifying, ${stage.slice('restored-'.length)} of ${inputs.verify}`),
    })
  }

  /** @returns undefined: it passed */
  async verify(
    world: KubernetesRollback,
    track: Track,
  ): Promise<{ readonly code: ReasonCode; readonly reason: string } | undefined> {
    const { inputs, kit } = this.asked
    const gates = await this.#gates(world, track)
    const verdict = await verifyRestored(
      { clock: kit.clock, gates },
      inputs.verify,
      inputs.soak,
      kit.cancelled,
      (stage) => this.log(`▶ verify, time ${stage.slice('restored-'.length)}`),
    )
    return verdict.kind === 'pass' ? undefined : verdict
  }

  hook(run: HookRun): void {
    this.#hooks.push(run)
    const { hook, result } = run
    const before = result.before ? ', by an earlier attempt' : ''
    this.log(`▶ hook ${hook.name} (Job ${result.job}): ${result.outcome}${before}`)
    this.#moves.push({
      at: this.asked.kit.clock.now(),
      kind: 'hook',
      text: `hook ${hook.name} (Job ${result.job}): ${result.outcome}${before}`,
      weight: 0,
    })
    if (result.outcome !== 'succeeded' && hook.onFailure === 'continue')
      this.warn(`the hook ${hook.name} did not succeed: ${result.reason ?? result.outcome}`)
  }

  // ——— ends ———

  planned(way: Way): ServiceEnd {
    const text = describeWay(way, this.to?.version ?? 'what served before')
    this.log(`would: ${text}`)
    this.#moves.push({ at: this.asked.kit.clock.now(), kind: way.kind, text, weight: 0 })
    return this.#end('planned', undefined, undefined)
  }

  superseded(reason: string): Promise<ServiceEnd> {
    return this.#told('superseded', 'superseded', reason)
  }

  /**
   * An earlier attempt has restored it, and was not seen through.
   * @param tookBack it was that attempt that did it: then it is this run that has rolled back
   */
  resumes(tookBack: boolean): void {
    this.#resumed = true
    this.#tookBack = tookBack
    this.log(`${this.to?.version ?? 'what served before'} serves since an earlier attempt of this run`)
  }

  /** Another run has what is in flight: nothing of it is this run's to say, except whose it is. */
  left(reason: string): Promise<ServiceEnd> {
    if (this.#changed) return this.rolledBack()
    this.#from = undefined
    this.#base = undefined
    this.#serving = undefined
    this.#record.acquit()
    return this.#told('unchanged', undefined, reason)
  }

  /** An earlier attempt did all of it, and may have ended before it had said so everywhere: what is said twice counts once. */
  seenThrough(): Promise<ServiceEnd> {
    this.resumes(true)
    return this.rolledBack()
  }

  there(): Promise<ServiceEnd> {
    return this.#told('unchanged', undefined, undefined)
  }

  rolledBack(): Promise<ServiceEnd> {
    return this.#told(this.#changed || this.#tookBack ? 'rolled-back' : 'unchanged', undefined, undefined)
  }

  partFailed({ end }: Part): Promise<ServiceEnd> {
    if (end.kind !== 'failed') return this.rolledBack()
    return this.#told(end.decision, end.code, end.reason)
  }

  flawed(code: ReasonCode, reason: string): Promise<ServiceEnd> {
    const version = this.to?.version ?? 'what served before'
    return this.#told(code === 'cancelled' ? 'cancelled' : 'failed', code, `${version} serves, but ${reason}`)
  }

  hookFailed({ hook, result }: HookRun): Promise<ServiceEnd> {
    const what = `the hook ${hook.name} ${result.outcome === 'interrupted' ? 'was not waited for' : 'did not succeed'}: ${result.reason ?? result.outcome}`
    const done =
      this.#changed || this.#resumed
        ? `${this.#serving?.release.version ?? 'another version'} serves`
        : 'the workload was not changed'
    const cancelled = result.outcome === 'interrupted'
    return this.#told(
      cancelled ? 'cancelled' : 'failed',
      cancelled ? 'cancelled' : 'unhealthy',
      `${what}; ${done}`,
    )
  }

  failed(error: unknown): Promise<ServiceEnd> {
    const known = error instanceof ReleaseError ? error : undefined
    const code = known?.code ?? 'conflict'
    if (known === undefined) this.warn(`unexpected: ${messageOf(error)}`)
    return this.#told(
      code === 'cancelled' ? 'cancelled' : code === 'superseded' ? 'superseded' : 'failed',
      code,
      messageOf(error),
      known,
    )
  }

  // ——— how it is kept ———

  #named(text: string): string {
    return this.asked.several ? `[${this.service}] ${text}` : text
  }

  #moving(entry: JournalEntry): void {
    this.#moves.push(entry)
    this.log(`▶ ${entry.text}`)
    if (entry.kind === 'restore') this.#record.phase('rolling back: the workload is set back')
  }

  #ended(part: Part): Part {
    const { end, words, serving, deployment, wayBack } = part
    if (words.length > 0) this.#words = words
    this.#serving = serving
    this.#wayBack = wayBack
    this.#record.condemnDeployment(deployment)
    const moved = this.#target && movedTag(serving.release, this.#target)
    if (moved !== undefined) this.warn(moved)
    if (end.kind === 'done' && end.changed) {
      this.#changed = true
      this.#backAt = this.asked.kit.clock.now()
    }
    return part
  }

  async #gates(world: KubernetesRollback, track: Track): Promise<ReleaseGates> {
    const { client, target, pods } = world
    this.#windows = await openGates(this.asked, {
      pods,
      namespace: client.namespace,
      service: this.service,
      track,
      workload: target.workload,
      version: this.to?.version ?? '',
      kubeService: target.stableService,
    })
    return this.#windows
  }

  #abortGoal(): AbortGoal {
    const { inputs, kit } = this.asked
    const { timeout, interval, drain } = inputs
    const timing = { timeout, warmUp: 0, interval, drain }
    const { reason, onlyOwn } = inputs
    return { kind: 'abort', run: kit.context.run, timing, reason, preempt: true, onlyOwn }
  }

  async #told(
    decision: ServiceEnd['decision'],
    code: ReasonCode | undefined,
    reason: string | undefined,
    error?: ReleaseError,
  ): Promise<ServiceEnd> {
    await this.#record.end(decision, reason, {
      from: this.#from,
      target: this.#target,
      world: this.#world,
      restored: this.to?.version,
      changed: this.#changed,
      resumed: this.#resumed,
    })
    return this.#end(decision, code, reason, error)
  }

  #end(
    decision: ServiceEnd['decision'],
    code: ReasonCode | undefined,
    reason: string | undefined,
    error?: ReleaseError,
  ): ServiceEnd {
    const { service } = this
    const from = this.#from
    const to = this.to
    const unmoved = from !== undefined && to !== undefined && isSameVersion({ ...to }, from)
    return {
      service,
      namespace:
        this.#world?.client.namespace ??
        this.asked.inputs.namespace ??
        this.asked.connection.namespace ??
        'default',
      workload: this.#world?.target.workload ?? this.asked.inputs.workload ?? service,
      decision,
      code,
      reason,
      from: unmoved && !this.#changed ? undefined : from,
      to: to ?? (decision === 'unchanged' ? from : undefined),
      source: this.#target?.source,
      serving: this.#serving,
      startedAt: this.#startedAt,
      changed: this.#resumed || decision === 'rolled-back' || this.#moves.some(({ kind }) => changes(kind)),
      backAt: this.#backAt,
      moves: this.#moves,
      hooks: this.#hooks,
      gates: this.#windows === undefined ? [] : gateLines(this.#windows, stageLabel),
      windows: this.#windows,
      words: this.#words,
      warnings: this.#warnings,
      deployment: this.#record.deployment,
      incident: undefined,
      why: error?.why ?? [],
      fix: error?.fix ?? [],
      wayBack: this.#wayBack,
    }
  }
}
