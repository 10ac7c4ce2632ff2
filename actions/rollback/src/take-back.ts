import { randomBytes } from 'node:crypto'
import { touched } from '@release-actions/action-world'
import { openRollback, type KubernetesRollback, type RollbackSurvey } from '@release-actions/kubernetes'
import type { LedgerEntry, Track } from '@release-actions/ports'
import {
  compareRuns,
  entryOfRunning,
  formatRun,
  hasTakenBack,
  nextWay,
  notOwn,
  type ReleaseId,
  type RunId,
  type Way,
} from '@release-actions/release'
import { ReleaseError, type ReasonCode } from '@release-actions/values'
import type { Asked } from './asked.ts'
import { choose, fromOf, isOwnRollback, type Target } from './choose.ts'
import { hooksOf, runHooks } from './hooks.ts'
import { atLocation, locate, type Location } from './locate.ts'
import type { ServiceEnd } from './service-end.ts'
import { Story } from './story.ts'

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
    cancelled: asked.kit.cancelled,
    cwd: asked.kit.context.workspace,
    settle: asked.inputs.settle,
    uses: asked.hooks.length > 0 ? (['hooks'] as const) : [],
  }
  let world: KubernetesRollback | undefined
  try {
    const refused = asked.record.kind === 'read' ? asked.record.refused.get(service) : undefined
    if (refused !== undefined) throw refused
    world = await openRollback({ ...options, ...location })
    const flying = (await world.claims.read()).state.inFlight?.traffic
    // What is in flight knows best by which way it goes back.
    if (flying !== undefined && flying !== location.traffic) {
      world.close()
      location = { ...location, traffic: flying }
      world = await openRollback({ ...options, ...location })
    }
    story.found(world)
    return await walk(
      story,
      world,
      location,
      entries && atLocation(entries, location, asked.connection.cluster),
    )
  } catch (error) {
    return await story.failed(error)
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
  const running = fromOf(survey, entries ?? [])
  if (baseOf(survey) === undefined) story.saw(running)
  const namespace = opened.client.namespace
  const target = inputs.abort
    ? undefined
    : choose({
        service,
        to: inputs.to,
        run: kit.context.run,
        survey,
        entries,
        namespace,
        workload: location.workload,
      })
  const first = nextWay(target, survey)
  const unfinished = first.kind === 'there' && isUnfinished(kit.context.run, target, survey)
  const earlier = first.kind === 'there' ? takenBackBy(kit.context.run, survey, entries ?? []) : undefined
  const from = earlier ?? running
  story.chose(from, target, baseOf(survey), running)
  if (asked.record.kind === 'away' && inputs.record && target !== undefined)
    story.warn(
      `${target.version} is taken from the cluster (${target.source}): ${asked.record.why}; whether it was verified is not known`,
    )
  const left = inputs.onlyOwn ? notOwn(kit.context.run, survey.state, survey.holder) : undefined
  if (left !== undefined) return story.left(left)
  const newer = inputs.allowOlder ? undefined : newerThan(kit.context.run, target, survey)
  if (newer !== undefined) return story.superseded(newer)
  const attest = async (way: Way): Promise<void> => {
    if (asked.attested === undefined || target === undefined) return
    const { assertRestoresAttested } = await import('./attested.ts')
    await assertRestoresAttested(asked.attested, way, { asked, world: opened, location, survey, target })
  }
  await attest(first)
  if (inputs.dryRun) return story.planned(first)
  if (first.kind === 'there' && !unfinished)
    return earlier === undefined ? story.there() : story.seenThrough()
  if (unfinished) story.resumes(earlier !== undefined)
  await opened.preflight()
  const hooks = hooksOf(asked, service, opened, from, story.to)
  await Promise.all(hooks.wanted.map((hook) => hooks.jobs.check(hook)))
  touched(kit)
  asked.remember(service, { ...location, namespace })

  const before = once(() => runHooks(hooks, 'before', kit.cancelled, (run) => story.hook(run)))
  let way: Way = first
  for (let part = 0; way.kind !== 'there'; part++) {
    if (part >= MOST_PARTS) throw new ReleaseError('conflict', 'somebody begins another release each time')
    const ends = way.kind === 'end-canary' || way.kind === 'end-switch'
    // Traffic first: what is in flight is not left in it for as long as a hook takes.
    if (!ends && part > 0) await attest(way)
    const stopped = ends ? undefined : await before()
    if (stopped !== undefined) return story.hookFailed(stopped)
    const ended = await story.part(way, opened, location, survey, target)
    if (ended.end.kind === 'left') return story.left(ended.end.reason)
    if (ended.end.kind === 'failed') return story.partFailed(ended)
    if (!ends) break
    survey = await opened.survey()
    // What was to be ended has been; what somebody has begun since is another matter.
    if (target === undefined && isOthers(asked, survey)) break
    way = nextWay(target, survey)
  }
  const late = await before()
  if (late !== undefined) return story.hookFailed(late)
  // Setting the workload back has judged it already; with what verdict an earlier attempt did is not known.
  const again = unfinished && survey.state.live?.run.id === kit.context.run.id
  const given = inputs.gates !== undefined || inputs.gatesFile !== undefined
  if (way.kind !== 'redeploy' && (given || again)) {
    const track: Track = way.kind === 'switch' ? way.to : (survey.state.colors?.live ?? 'stable')
    const flaw = await story.verify(opened, track)
    if (flaw !== undefined) return story.flawed(flaw.code, flaw.reason)
  }
  const stopped = await runHooks(hooks, 'after', kit.cancelled, (run) => story.hook(run))
  return stopped === undefined ? story.rolledBack() : story.hookFailed(stopped)
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined
  return () => (begun ??= work())
}

/** An earlier attempt of this run has taken the service back; whether hooks and gates agreed, only a success says. */
function isUnfinished(run: RunId, target: Target | undefined, { state }: RollbackSurvey): boolean {
  const { entry } = target ?? {}
  if (entry !== undefined && isOwnRollback(entry, run)) return !entry.verified
  return hasTakenBack(state, run)
}

/** What an earlier attempt of this run has taken back: it is that still, though it does not serve any more. */
function takenBackBy(
  run: RunId,
  { state }: RollbackSurvey,
  entries: readonly LedgerEntry[],
): ReleaseId | undefined {
  if (!hasTakenBack(state, run)) return undefined
  const back = state.rolledBack?.find((each) => each.run.id === run.id)?.release
  if (back === undefined) return undefined
  const known = entryOfRunning(entries, back)?.record
  return known === undefined ? back : { ...back, version: known.version }
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

/** Of a look after the first: what is in flight is not what this abort was asked to end. */
function isOthers({ inputs, kit }: Asked, survey: RollbackSurvey): boolean {
  const { run } = kit.context
  if (inputs.onlyOwn && notOwn(run, survey.state, survey.holder) !== undefined) return true
  return !inputs.allowOlder && newerThan(run, undefined, survey) !== undefined
}

/** What served before the release that is in flight, and what it ends on. */
function baseOf({ state }: RollbackSurvey): ReleaseId | undefined {
  return state.inFlight?.base.release ?? state.switching?.base.release
}
