import { noData, sourceError, type ScrapeSource } from '@release-actions/judge'
import type { Track } from '@release-actions/ports'
import type { RoundMemo } from '../round.ts'
import type { GateSource, MetricsWorld } from '../source.ts'
import { Deltas } from './deltas.ts'
import { scrapeInto } from './pods.ts'
import { metricsOf, readSignal } from './signals.ts'

/** Values from the pods' own metrics: what they have counted since the window's first scrape. */
export function scrapeSource(source: ScrapeSource, world: MetricsWorld, memo: RoundMemo): GateSource {
  const tracks = new Map<Track, { readonly deltas: Deltas; readonly since: number }>()
  const { signal, port, path } = source
  const select = { port, path, metrics: metricsOf(signal), where: signal.where }
  return {
    async sample(track, look) {
      if (world.pods === undefined)
        return sourceError('source-error', 'there is no cluster whose pods to scrape')
      const { deltas, since } = tracks.get(track) ?? { deltas: new Deltas(), since: look.at }
      const scraped = await scrapeInto(deltas, select, world.pods, track, look, memo)
      if (scraped.kind === 'error') return scraped
      const { workload } = world.names(track)
      const notes = [...deltas.notes(), ...scraped.notes]
      if (scraped.pods === 0) {
        return deltas.measured
          ? noData('pod-gone', `no pod of ${workload} answers any more`, notes)
          : noData('no-pods', `no ready pod of ${workload}`, notes)
      }
      tracks.set(track, { deltas, since })
      if (!deltas.measured) return noData('too-early', 'the first scrape: there is no delta yet', notes)
      return readSignal(signal, deltas.gains(), look.at - since, source.minObservations, scraped, notes)
    },
  }
}
