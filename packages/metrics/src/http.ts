import {
  noData,
  reading,
  renderUrl,
  sourceError,
  type HttpSource,
  type Note,
  type Reading,
  type SourceError,
} from '@release-actions/judge'
import type { Pods, PodSight, ProxyAnswer, Track } from '@release-actions/ports'
import { messageOf, NotFound, TimedOut, Unreachable } from '@release-actions/values'
import { excerpt, failed } from './failure.ts'
import { inTime } from './in-time.ts'
import { mapLimited, type RoundMemo } from './round.ts'
import type { GateSource, Look, MetricsWorld } from './source.ts'
import { valuesFor } from './values.ts'

/** Asks the URL, or every ready pod of the track: 1 when all answers are as expected, else 0. */
export function httpSource(
  source: HttpSource,
  world: MetricsWorld,
  memo: RoundMemo,
  ca: string | undefined,
): GateSource {
  return {
    async sample(track, look) {
      const { target } = source
      const timeout = Math.min(source.timeout ?? look.timeout, look.timeout)
      if (target.kind === 'url') return askUrl(source, target.url, world, track, { ...look, timeout }, ca)
      if (world.pods === undefined) return sourceError('source-error', 'there is no cluster to ask')
      return askPods(
        source,
        target,
        world.pods,
        renderUrl(target.path, valuesFor(world, track, look)),
        track,
        { ...look, timeout },
        memo,
        world.names(track).workload,
      )
    },
  }
}

async function askUrl(
  source: HttpSource,
  text: string,
  world: MetricsWorld,
  track: Track,
  look: Look,
  ca: string | undefined,
): Promise<Reading> {
  const url = renderUrl(text, valuesFor(world, track, look))
  const { timeout, signal } = look
  try {
    const answer = await world.http.request({
      method: 'GET',
      url,
      timeout,
      signal,
      retry: 'never',
      ...(ca === undefined ? {} : { tls: { ca } }),
    })
    return judged(source, [{ from: new URL(url).host, answer }])
  } catch (error) {
    // The probe asks the service itself: no answer is a failed request, not a failed source.
    if (!(error instanceof Unreachable || error instanceof TimedOut)) return failed(error, url)
    return source.signal === 'latency' ? failed(error, url) : unmet(messageOf(error))
  }
}

async function askPods(
  source: HttpSource,
  target: { readonly port: number | string },
  pods: Pods,
  path: string,
  track: Track,
  look: Look,
  memo: RoundMemo,
  workload: string,
): Promise<Reading> {
  let ready: readonly PodSight[]
  try {
    ready = (await memo.pods(pods, track, look.round)).filter((pod) => pod.ready && !pod.deleting)
  } catch (error) {
    return failed(error, 'the pods')
  }
  if (ready.length === 0) return noData('no-pods', `no ready pod of ${workload}`)
  const asked = await mapLimited(ready, 16, (pod) =>
    askPod(pods, pod, { port: target.port, path }, look, track, memo),
  )
  const answers = asked.filter((one) => 'answer' in one)
  const notes = asked.flatMap((one): readonly Note[] => ('gone' in one ? [one.gone] : []))
  const [error] = asked.flatMap((one): readonly SourceError[] => ('error' in one ? [one.error] : []))
  const [silent] = asked.flatMap((one) => ('silent' in one ? [one.silent] : []))
  const answered = answers.length === 0 ? undefined : judged(source, answers)
  if (answered?.kind === 'value' && answered.value === 0 && source.signal === 'up')
    return withNotes(answered, notes)
  if (silent !== undefined)
    return source.signal === 'up' ? withNotes(unmet(silent), notes) : sourceError('timeout', silent, notes)
  if (error !== undefined) return withNotes(error, notes)
  return answered === undefined
    ? noData('pod-gone', 'every pod went away while it was asked', notes)
    : withNotes(answered, notes)
}

interface Answered {
  readonly from: string
  readonly answer: Pick<ProxyAnswer, 'status' | 'headers' | 'body' | 'latency'>
}
type Asked =
  Answered | { readonly gone: Note } | { readonly silent: string } | { readonly error: SourceError }

/**
 * A connection that does not come about is told apart by looking at the pod again: it is gone, or it is there and does
 * not answer (a failed request), or the way to it is broken (an error of the source).
 */
async function askPod(
  pods: Pods,
  pod: PodSight,
  { port, path }: { readonly port: number | string; readonly path: string },
  look: Look,
  track: Track,
  memo: RoundMemo,
): Promise<Asked> {
  const from = `pod ${pod.name}`
  try {
    return { from, answer: await pods.get(pod, port, path, look.timeout) }
  } catch (error) {
    if (error instanceof TimedOut)
      return { silent: `${from} did not answer ${path} within ${look.timeout} ms` }
    if (!(error instanceof NotFound || error instanceof Unreachable)) return { error: failed(error, from) }
    const again = await memo.get(look.round, `again ${track}`, () => attempt(() => pods.list(track)))
    if ('error' in again) return { error: failed(again.error, 'the pods') }
    const now = again.value.find(({ uid }) => uid === pod.uid)
    if (now === undefined || now.deleting) return { gone: { reason: 'pod-gone', detail: `${from} is gone` } }
    return error instanceof NotFound
      ? { error: failed(error, from) }
      : { silent: `${from}: ${messageOf(error)}` }
  }
}

async function attempt<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await work() }
  } catch (error) {
    return { error }
  }
}

/** All answers as expected? For `latency`: the slowest of them, in seconds. */
function judged(source: HttpSource, answers: readonly Answered[]): Reading {
  try {
    return inTime(() => judge(source, answers))
  } catch (error) {
    return failed(error, 'the body of the answer')
  }
}

function judge(source: HttpSource, answers: readonly Answered[]): Reading {
  for (const { from, answer } of answers) {
    const wrong = misfit(source, answer)
    if (wrong === undefined) continue
    return source.signal === 'latency'
      ? sourceError('unexpected-answer', `${from} ${wrong}`)
      : unmet(`${from} ${wrong}`)
  }
  return source.signal === 'latency'
    ? reading(Math.max(...answers.map(({ answer }) => answer.latency)) / 1000)
    : reading(1)
}

function misfit({ status, body }: HttpSource, answer: Answered['answer']): string | undefined {
  if (!status.some(({ from, to }) => answer.status >= from && answer.status <= to)) {
    const location = answer.headers['location']
    const moved = location === undefined ? '' : ` to ${location} (redirects are not followed)`
    const wanted = status.map(({ from, to }) => (from === to ? from : `${from}-${to}`)).join(', ')
    const said = excerpt(answer.body)
    return `answered ${answer.status}${moved}, not ${wanted}${said === '' ? '' : `: ${said}`}`
  }
  if (body === undefined) return undefined
  const met =
    body.kind === 'substring' ? answer.body.includes(body.text) : answer.body.search(body.pattern) >= 0
  const wanted = body.kind === 'substring' ? JSON.stringify(body.text) : String(body.pattern)
  return met ? undefined : `answered ${answer.status} without ${wanted} in its body: ${excerpt(answer.body)}`
}

function unmet(detail: string): Reading {
  return reading(0, [{ reason: 'output', detail }])
}

function withNotes(one: Reading, notes: readonly Note[]): Reading {
  return notes.length === 0 ? one : { ...one, notes: [...(one.notes ?? []), ...notes] }
}
