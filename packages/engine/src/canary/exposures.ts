import type { Clock, TrafficMeter } from '@release-actions/ports'
import type { Percent } from '@release-actions/values'
import type { Exposure } from './journal.ts'

/** Measures how long, and with how many requests, the new version stood at each weight. */
export class Exposures {
  readonly #clock: Clock
  readonly #meter: TrafficMeter | undefined
  readonly #ended: Exposure[] = []
  #open: { weight: Percent; from: number; counts: Counts | undefined } | undefined

  constructor(clock: Clock, meter: TrafficMeter | undefined) {
    this.#clock = clock
    this.#meter = meter
  }

  /** The route stands at this weight from now on. */
  async at(weight: Percent): Promise<void> {
    // Before the first weight there is nothing to measure, and a step with nothing to do asks no pod.
    if ((this.#open?.weight ?? 0) === weight) return
    const counts = await this.#meter?.read()
    const now = this.#clock.now()
    if (this.#open !== undefined) this.#ended.push(closed(this.#open, now, counts))
    this.#open = { weight, from: now, counts }
  }

  /** All of them, the one that lasts included, those at weight 0 left out. */
  async all(): Promise<readonly Exposure[]> {
    const open = this.#open
    const lasts = open !== undefined && open.weight > 0
    const last = lasts ? [closed(open, this.#clock.now(), await this.#meter?.read())] : []
    return [...this.#ended, ...last].filter(({ weight }) => weight > 0)
  }
}

type Counts = { readonly stable: number; readonly canary: number }

function closed(
  open: { weight: Percent; from: number; counts: Counts | undefined },
  until: number,
  counts: Counts | undefined,
): Exposure {
  const { weight, from } = open
  if (open.counts === undefined || counts === undefined) return { weight, from, until, requests: undefined }
  const requests = {
    canary: Math.max(0, counts.canary - open.counts.canary),
    stable: Math.max(0, counts.stable - open.counts.stable),
  }
  return { weight, from, until, requests }
}
