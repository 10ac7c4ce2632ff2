import type { Matcher, Port } from '@release-actions/judge'
import type { Pods, TrafficMeter } from '@release-actions/ports'
import type { Milliseconds } from '@release-actions/values'
import { RoundMemo } from '../round.ts'
import { Deltas } from './deltas.ts'
import { scrapeInto } from './pods.ts'

export interface TrafficMeterOptions {
  readonly pods: Pods
  readonly scrape: {
    readonly port: Port
    /** Default `/metrics`. */
    readonly path?: string
    /** Default `http_requests_total`. */
    readonly counter?: string
    /** Which requests come through the route: `path!=/healthz` where probes are counted too. */
    readonly where?: readonly Matcher[]
  }
  /** For each pod. Default 5 s. */
  readonly timeout?: Milliseconds
}

export function createTrafficMeter({ pods, scrape, timeout = 5000 }: TrafficMeterOptions): TrafficMeter {
  const memo = new RoundMemo()
  const counter = scrape.counter ?? 'http_requests_total'
  const select = {
    port: scrape.port,
    path: scrape.path ?? '/metrics',
    metrics: [counter],
    where: scrape.where ?? [],
  }
  const tracks = { stable: new Deltas(), canary: new Deltas() }
  let round = 0
  return {
    async read() {
      round += 1
      const look = { round, timeout }
      const [stable, canary] = await Promise.all([
        scrapeInto(tracks.stable, select, pods, 'stable', look, memo),
        scrapeInto(tracks.canary, select, pods, 'canary', look, memo),
      ])
      if (stable.kind === 'error' || canary.kind === 'error') return undefined
      const [a, b] = [tracks.stable.gains(), tracks.canary.gains()]
      // A client library shows a counter with labels only from its first request on, so one track may have none yet.
      if (a.length + b.length === 0) return undefined
      const total = (gains: typeof a): number => gains.reduce((sum, { gained }) => sum + gained, 0)
      return { stable: total(a), canary: total(b) }
    },
  }
}
