import { randomBytes } from 'node:crypto'
import { FLUSH_MS, gateLines, touched } from '@release-actions/action-world'
import { verifyRestored, type JournalEntry } from '@release-actions/engine'
import { openRollback, type KubernetesRollback, type RollbackSurvey } from '@release-actions/kubernetes'
import type { ReleaseGates } from '@release-actions/metrics'
import type { LedgerEntry, Track } from '@release-actions/ports'
import {
  compareRuns,
  entryOfRunning,
  formatRun,
  isSameVersion,
  nextWay,
  type AbortGoal,
  type ReleaseId,
  type RunId,
  type Way,
} from '@release-actions/release'
import { messageOf, ReleaseError, type ReasonCode } from '@release-actions/values'
import type { Asked } from './asked.ts'
import { choose, fromOf, type Target } from './choose.ts'
import { endCanary } from './end-canary.ts'
import { openGates } from './gates.ts'
import { hooksOf, runHooks, type HookRun } from './hooks.ts'
import { atLocation, locate, type Location } from './locate.ts'
import type { Part } from './part.ts'
import { openRollbackRecord, type RollbackRecord } from './record.ts'
import { redeploy } from './redeploy.ts'
import type { ServiceEnd } from './service-end.ts'
import { endSwitch, switchTo } from './switches.ts'

/** What may have passed when it is tried again. */
const PASSING: readonly ReasonCode[] = ['timeout', 'conflict', 'unreachable', 'rate-limited']
const PAUSE_MS = 2_000
/** Each part leaves the world whole, and none comes twice unless somebody else acts. */
const MOST_PARTS = 6

/**
 * Takes one service back: looks, chooses what to go back to and by which way, and sees it through; tried again when
 * what stopped it may have passed. Never throws: what went wrong is the end.
 */
export async function takeBack(asked: Asked, service: string): Promise<ServiceEnd> {
  const { inputs, kit } = asked
  const story = new Story(asked, service)
  for (let attempt = 1; ; attempt++) {
    const end = await tried(story)
    const again =
      attempt < inputs.attempts &&
      end.decision === 'failed' &&
      end.code !== undefined &&
      PASSING.includes(end.code) &&
      !kit.cancelled.aborted
    if (!again) return end
    const pause = PAUSE_MS * 2 ** (attempt - 1)
    story.warn(
      `attempt ${attempt} of ${inputs.attempts} failed: ${end.reason ?? end.code}; again in ${pause / 1000} s`,
    )
    await kit.clock.sleep(pause, kit.cancelled)
  }
}

async function tried(story: Story): Promise<ServiceEnd> {
  const { service, asked } = story
  const entries = asked.record.kind === 'read' ? (asked.record.services.get(service) ?? []) : undefined
  let location = locate(asked, service, entries ?? [])
  const options = {
    http: asked.http,
    clock: asked.kit.clock,
    connection: asked.connection,
    nonce: randomBytes(6).toString('hex'),
    cwd: asked.kit.context.workspace,
    settle: asked.inputs.settle,
    uses: asked.hooks.length > 0 ? (['hooks'] as const) : [],
  }
  let world: KubernetesRollback | undefined
  try {
    world = await openRollback({ ...options, ...location })
    story.found(world)
    return await walk(
      story,
      world,
      location,
      entries && atLocation(entries, location, asked.connection.cluster),
    )
  } catch (error) {
    return story.failed(error)
  } finally {
    world?.close()
  }
}

/** From the first look to the last: in flight → hooks → the way → hooks → said. */
async function walk(
  story: Story,
  opened: KubernetesRollback,
  location: Location,
  entries: readonly LedgerEntry[] | undefined,
): Promise<ServiceEnd> {
  const { asked, service } = story
  const { inputs, kit } = asked
  let survey = await opened.survey()
  const from = fromOf(survey, entries ?? [])
  const namespace = opened.client.namespace
  const target = inputs.abort
    ? undefined
    : choose({ service, to: inputs.to, run: kit.context.run, survey, entries, where: namespace })
  story.chose(from, target, baseOf(survey))
  if (asked.record.kind === 'away' && inputs.record && target !== undefined)
    story.warn(
      `${target.version} is taken from the cluster (${target.source}): ${asked.record.why}; whether it was verified is not known`,
    )
  const first = nextWay(target, survey)
  const newer = inputs.allowOlder ? undefined : newerThan(kit.context.run, target, survey)
  if (newer !== undefined) return story.superseded(newer)
  if (inputs.dryRun) return story.planned(first)
  if (first.kind === 'there') return story.there()
  await opened.preflight()
  const hooks = hooksOf(asked, service, opened, from, story.to)
  await Promise.all(hooks.wanted.map((hook) => hooks.jobs.check(hook)))
  touched(kit)
  asked.remember(service, { ...location, namespace })

  let way: Way = first
  let track: Track = 'stable'
  let judged = false
  let hooked = false
  for (let part = 0; way.kind !== 'there'; part++) {
    if (part >= MOST_PARTS) throw new ReleaseError('conflict', 'somebody begins another release each time')
    const ends = way.kind === 'end-canary' || way.kind === 'end-switch'
    // Traffic first: what is in flight is not left in it for as long as a hook takes.
    if (!ends && !hooked) {
      hooked = true
      const stopped = await runHooks(hooks, 'before', kit.cancelled, (run) => story.hook(run))
      if (stopped !== undefined) return story.hookFailed(stopped)
    }
    const ended = await story.part(way, opened, location, survey, target)
    if (ended.end.kind === 'failed') return story.partFailed(ended)
    if (way.kind === 'redeploy') {
      judged = true
      break
    }
    if (way.kind === 'switch') {
      track = way.to
      break
    }
    survey = await opened.survey()
    way = nextWay(target, survey)
  }
  if (!hooked) {
    const stopped = await runHooks(hooks, 'before', kit.cancelled, (run) => story.hook(run))
    if (stopped !== undefined) return story.hookFailed(stopped)
  }
  if (survey.state.colors !== undefined && track === 'stable') track = survey.state.colors.live
  if (!judged && (inputs.gates !== undefined || inputs.gatesFile !== undefined)) {
    const flaw = await story.verify(opened, track)
    if (flaw !== undefined) return story.flawed(flaw.code, flaw.reason)
  }
  const stopped = await runHooks(hooks, 'after', kit.cancelled, (run) => story.hook(run))
  if (stopped !== undefined) return story.hookFailed(stopped)
  return story.rolledBack()
}

/**
 * A release that was triggered after this rollback, and is live: what was asked for was asked of another world. Without
 * a target, one that is at work: what is to be ended is not there any more, as when an approval is rejected after a
 * newer run has taken over.
 */
function newerThan(run: RunId, target: Target | undefined, { state }: RollbackSurvey): string | undefined {
  if (target === undefined) {
    const other = state.inFlight ?? state.switching
    if (other === undefined || compareRuns(other.run, run) <= 0) return undefined
    return `the newer run ${formatRun(other.run)} is at work: what is in flight is its own`
  }
  const { live } = state
  if (live === undefined || compareRuns(live.run, run) <= 0) return undefined
  return `the newer run ${formatRun(live.run)} has released ${live.release.version} since this rollback was asked for`
}

/** What served before the release that is in flight, and what it ends on. */
function baseOf({ state }: RollbackSurvey): ReleaseId | undefined {
  return state.inFlight?.base.release ?? state.switching?.base.release
}

/** All that one service's rollback has come to so far: told as the end, whenever it comes. */
class Story {
  readonly asked: Asked
  readonly service: string
  readonly #startedAt: number
  readonly #moves: JournalEntry[] = []
  readonly #hooks: HookRun[] = []
  readonly #warnings: string[] = []
  readonly #bad = new Set<number>()
  #words: readonly string[] = []
  #world: KubernetesRollback | undefined
  #windows: ReleaseGates | undefined
  #from: ReleaseId | undefined
  #target: Target | undefined
  #base: ReleaseId | undefined
  #serving: ServiceEnd['serving']
  #backAt: number | undefined
  #changed = false
  #record: RollbackRecord | undefined
  #wayBack: string | undefined

  constructor(asked: Asked, service: string) {
    this.asked = asked
    this.service = service
    this.#startedAt = asked.kit.clock.now()
    this.#record = openRollbackRecord(asked, service, (text) => this.warn(text))
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

  /** What an earlier attempt began is what it was: the world has moved since. */
  chose(from: ReleaseId, target: Target | undefined, base: ReleaseId | undefined): void {
    this.#from ??= from
    this.#target = target
    this.#base ??= base
    this.#serving ??= { release: base ?? from, share: 100 }
    const entries = this.#entries()
    const bad = entryOfRunning(entries, this.#from)
    if (bad !== undefined) this.#bad.add(bad.id)
    const { record } = target?.entry ?? {}
    const own = record?.kind === 'rollback' && record.run.id === this.asked.kit.context.run.id
    if (own && record.previous?.deployment !== undefined) this.#bad.add(record.previous.deployment)
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
        this.#open(target, world, survey.colors[way.to]?.template ?? target.template)
        const from = this.#from ?? survey.stable
        return this.#ended(await switchTo(this.asked, way, target, from, survey, location, listener))
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
    this.#open(target, world, restoration.template)
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
      opening: () => Promise.resolve(this.#record?.deployment),
      judging: (stage) =>
        this.#record?.phase(`restored: verifying, ${stage.slice('restored-'.length)} of ${inputs.verify}`),
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

  there(): Promise<ServiceEnd> {
    // An earlier attempt may have been killed before it could say so.
    return this.#told('unchanged', undefined, undefined)
  }

  rolledBack(): Promise<ServiceEnd> {
    return this.#told(this.#changed ? 'rolled-back' : 'unchanged', undefined, undefined)
  }

  partFailed({ end }: Part): Promise<ServiceEnd> {
    if (end.kind === 'done') return this.rolledBack()
    return this.#told(end.decision, end.code, end.reason)
  }

  flawed(code: ReasonCode, reason: string): Promise<ServiceEnd> {
    const version = this.to?.version ?? 'what served before'
    return this.#told(code === 'cancelled' ? 'cancelled' : 'failed', code, `${version} serves, but ${reason}`)
  }

  hookFailed({ hook, result }: HookRun): Promise<ServiceEnd> {
    const what = `the hook ${hook.name} ${result.outcome === 'interrupted' ? 'was not waited for' : 'did not succeed'}: ${result.reason ?? result.outcome}`
    const done = this.#changed
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

  #entries(): readonly LedgerEntry[] {
    const { record, connection } = this.asked
    const entries = record.kind === 'read' ? (record.services.get(this.service) ?? []) : []
    return atLocation(entries, locate(this.asked, this.service, entries), connection.cluster)
  }

  #moving(entry: JournalEntry): void {
    this.#moves.push(entry)
    this.log(`▶ ${entry.text}`)
    if (entry.kind === 'restore') this.#record?.phase('rolling back: the workload is set back')
  }

  #ended(part: Part): Part {
    const { end, words, serving, deployment, wayBack } = part
    if (words.length > 0) this.#words = words
    this.#serving = serving
    this.#wayBack = wayBack
    if (deployment !== undefined) this.#bad.add(deployment)
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
    return { kind: 'abort', run: kit.context.run, timing, reason: inputs.reason, preempt: true }
  }

  /** Only what a record names is recorded: its commit is the rollback's. */
  #open(
    target: Target,
    { client, target: { workload, container } }: KubernetesRollback,
    template: string | undefined,
  ): void {
    const { entry, version, digest, image } = target
    const from = this.#from
    if (entry === undefined || from === undefined || this.#record?.deployment !== undefined) return
    const { cluster, traffic } = entry.record.target
    this.#record?.open(entry, {
      release: { version, digest, image, template: template ?? '' },
      from,
      fromDeployment: entryOfRunning(this.#entries(), from)?.id,
      target: { cluster, traffic, namespace: client.namespace, workload, container },
    })
  }

  async #told(
    decision: ServiceEnd['decision'],
    code: ReasonCode | undefined,
    reason: string | undefined,
    error?: ReleaseError,
  ): Promise<ServiceEnd> {
    const record = this.#record
    const target = this.#target
    if (decision === 'rolled-back' || decision === 'unchanged') {
      const entry = target?.entry
      const world = this.#world
      const own = entry?.record.kind === 'rollback' && entry.record.run.id === this.asked.kit.context.run.id
      // Ended by traffic alone, or by an earlier attempt that was killed: the record is opened only now.
      const untold = decision === 'rolled-back' ? this.#changed : own && !entry.verified
      if (target !== undefined && world !== undefined && untold) this.#open(target, world, target.template)
      if (untold || decision === 'rolled-back')
        record?.done(
          [...this.#bad].filter((id) => !this.#isTarget(id)),
          this.to?.version ?? '',
        )
    } else if (decision !== 'planned') {
      record?.failed(`${decision}: ${reason ?? 'not restored'}`)
    }
    await record?.flush(this.asked.kit.cancelled.aborted ? 1_000 : FLUSH_MS)
    return this.#end(decision, code, reason, error)
  }

  #isTarget(id: number): boolean {
    return this.#target?.entry?.id === id
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
      backAt: this.#backAt,
      moves: this.#moves,
      hooks: this.#hooks,
      gates: this.#windows === undefined ? [] : gateLines(this.#windows, stageLabel),
      windows: this.#windows,
      words: this.#words,
      warnings: this.#warnings,
      deployment: this.#record?.deployment,
      incident: undefined,
      why: error?.why ?? [],
      fix: error?.fix ?? [],
      wayBack: this.#wayBack,
    }
  }
}

function stageLabel(stage: string): string {
  return `look ${stage.replace('restored-', '')}`
}

function describeWay(way: Way, version: string): string {
  switch (way.kind) {
    case 'end-canary':
      return `end the canary of ${way.flight.release.version} that is in flight: the route goes back to ${way.flight.base.release.version}`
    case 'end-switch':
      return `end the switch to ${way.switching.release.version} that is under way: back to ${way.switching.base.release.version}`
    case 'switch':
      return way.warm
        ? `switch back to ${way.to}, which is still warm with ${version}`
        : `deploy ${version} as ${way.to}, and switch to it`
    case 'redeploy':
      return `set the workload back to ${version}`
    case 'there':
      return `nothing: ${version} serves`
  }
}
