import {
  matcherTest,
  sourceError,
  type Matcher,
  type Note,
  type Port,
  type SourceError,
} from '@release-actions/judge'
import type { Pods, PodSight, Track } from '@release-actions/ports'
import { messageOf } from '@release-actions/values'
import { excerpt, failed } from '../failure.ts'
import { inTime } from '../in-time.ts'
import { mapLimited, type RoundMemo } from '../round.ts'
import type { Look } from '../source.ts'
import type { Deltas, PodScrape, Series } from './deltas.ts'
import { parseExposition, type Exposition } from './exposition.ts'

/** Which series of which endpoint. */
export interface Selection {
  readonly port: Port
  readonly path: string
  /** Names as they stand on their lines. */
  readonly metrics: readonly string[]
  readonly where: readonly Matcher[]
}

export interface Scraped {
  readonly kind: 'scraped'
  /** Pods that answered at this look. */
  readonly pods: number
  /** Of the pods that were scraped at this look. */
  readonly types: ReadonlyMap<string, string>
  /** All metric names that were seen, to name near ones. */
  readonly names: ReadonlySet<string>
  readonly notes: readonly Note[]
}

/**
 * Scrapes the pods of a track and adds the selected series to `deltas`. A ready pod that does not answer is an error;
 * one that is leaving, or not ready, is named in a note. Nothing is added unless the whole look is good, so that a
 * failed look loses no counts.
 */
export async function scrapeInto(
  deltas: Deltas,
  select: Selection,
  pods: Pods,
  track: Track,
  look: Pick<Look, 'round' | 'timeout'>,
  memo: RoundMemo,
): Promise<Scraped | SourceError> {
  let list: readonly PodSight[]
  try {
    list = await memo.pods(pods, track, look.round)
  } catch (error) {
    return failed(error, 'the pods')
  }
  const wanted = list.filter((pod) => pod.ready || deltas.knows(pod.uid))
  const looks = await mapLimited(wanted, 16, async (pod) => ({
    pod,
    seen: await memo.get(look.round, `scrape ${pod.uid} ${select.port} ${select.path}`, () =>
      fetchPod(pods, pod, select, look.timeout),
    ),
  }))
  const notes: Note[] = []
  const exposed: { readonly pod: PodSight; readonly seen: Exposition }[] = []
  const types = new Map<string, string>()
  const names = new Set<string>()
  for (const { pod, seen } of looks) {
    if ('kind' in seen) {
      if (pod.ready && !pod.deleting) return seen
      notes.push({
        reason: 'pod-not-ready',
        detail: `pod ${pod.name} is not ready and was not scraped: ${seen.detail}`,
      })
      continue
    }
    for (const [name, type] of seen.types) types.set(name, type)
    for (const name of seen.samples.keys()) names.add(name)
    exposed.push({ pod, seen })
  }
  let scrapes: readonly PodScrape[]
  try {
    scrapes = inTime(() => exposed.map(({ pod, seen }) => selectSeries(pod, seen, select)))
  } catch (error) {
    return failed(error, 'the metrics of the pods')
  }
  deltas.add(scrapes, new Set(list.map(({ uid }) => uid)))
  return { kind: 'scraped', pods: scrapes.length, types, names, notes }
}

async function fetchPod(
  pods: Pods,
  pod: PodSight,
  { port, path }: Selection,
  timeout: number,
): Promise<Exposition | SourceError> {
  const what = `pod ${pod.name}:${port}${path}`
  try {
    const { status, body } = await pods.get(pod, port, path, timeout)
    if (status !== 200) return sourceError('source-error', `${what} answered ${status}: ${excerpt(body)}`)
    return readBody(what, body)
  } catch (error) {
    return failed(error, what)
  }
}

function readBody(what: string, body: string): Exposition | SourceError {
  try {
    return parseExposition(body)
  } catch (error) {
    return sourceError('source-error', `${what}: ${messageOf(error)}`)
  }
}

function selectSeries(pod: PodSight, seen: Exposition, { metrics, where }: Selection): PodScrape {
  const matches = matcherTest(where)
  const series = new Map<string, Series>()
  for (const metric of metrics) {
    for (const { labels, value } of seen.samples.get(metric) ?? []) {
      if (Number.isFinite(value) && matches(labels))
        series.set(keyOf(metric, labels), { metric, labels, value })
    }
  }
  const starts = seen.samples.get('process_start_time_seconds') ?? []
  return {
    uid: pod.uid,
    name: pod.name,
    series,
    startTime: starts.length === 1 ? starts[0]?.value : undefined,
  }
}

/** The same for the same labels in any order. */
function keyOf(metric: string, labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([metric, ...Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))])
}
