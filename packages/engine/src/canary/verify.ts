import type { Traffic, TrafficMeter } from '@release-actions/ports'
import type { Milliseconds, Percent } from '@release-actions/values'
import type { CanaryPorts } from './ports.ts'

export interface Verified {
  readonly how: 'observed' | 'unobserved'
  /** The canary's share as seen, 0–100; undefined without requests or a vantage point. */
  readonly seen: Percent | undefined
}

/** A share that contradicts the weight is looked at again for this many settle times before we say so. */
const PATIENCE = 6
const LOOK_MS = 1000

export interface Shifted {
  readonly weight: Percent
  /** What the route gave before: only a share that this would not have given proves anything. */
  readonly before: Percent
}

/**
 * Proves an accepted weight by what the pods have served since; without a vantage point, or without enough requests,
 * the route is given its time to settle and the shift is `unobserved`. Requests add up from look to look for as long as
 * they agree with the weight, and count anew from a look that does not: the router had not followed yet.
 * @param most at the latest after this many milliseconds
 */
export async function verify(
  ports: Measuring,
  shifted: Shifted,
  most: Milliseconds,
  signal: AbortSignal,
): Promise<Verified> {
  const { how, seen } = await measure(ports, shifted, most, signal)
  return { how, seen }
}

export type Measuring = Pick<CanaryPorts, 'clock' | 'meter'> & { readonly traffic: Pick<Traffic, 'settle'> }

/** The same, with how many requests the share is of. */
export async function measure(
  { clock, meter, traffic }: Measuring,
  shifted: Shifted,
  most: Milliseconds,
  signal: AbortSignal,
): Promise<Verified & { readonly requests: number }> {
  const begin = clock.now()
  const settled = begin + Math.min(traffic.settle, most)
  const last = begin + Math.min(traffic.settle * PATIENCE, most)
  let sum: Look | undefined
  for (;;) {
    const left = settled - clock.now()
    const look = await lookAt(meter, () =>
      clock.sleep(Math.max(50, Math.min(LOOK_MS, left > 0 ? left : LOOK_MS)), signal),
    )
    if (look !== undefined) sum = sum === undefined ? look : added(sum, look)
    if (sum !== undefined && !within(sum, shifted.weight) && look !== undefined) sum = look
    const seen = sum === undefined ? undefined : shareOf(sum)
    const agrees = sum !== undefined && within(sum, shifted.weight)
    const requests = sum?.requests ?? 0
    if (agrees && tells(requests, shifted)) return { how: 'observed', seen, requests }
    const end = sum === undefined || agrees ? settled : last
    if (clock.now() >= end || signal.aborted) return { how: 'unobserved', seen, requests }
  }
}

interface Look {
  readonly requests: number
  readonly canary: number
}

function added(a: Look, b: Look): Look {
  return { requests: a.requests + b.requests, canary: a.canary + b.canary }
}

function shareOf({ requests, canary }: Look): Percent {
  return (canary / requests) * 100
}

/** What was served between two readings. */
async function lookAt(meter: TrafficMeter | undefined, wait: () => Promise<void>): Promise<Look | undefined> {
  const before = await meter?.read()
  await wait()
  const after = await meter?.read()
  if (before === undefined || after === undefined) return undefined
  const canary = Math.max(0, after.canary - before.canary)
  const requests = canary + Math.max(0, after.stable - before.stable)
  return requests === 0 ? undefined : { requests, canary }
}

/**
 * Enough requests to tell this weight from none, from all, and from what the route gave before: with n·p ≥ z² a share p
 * lies outside the interval below of none and of all, whose ends are z²/(n + z²) away from them.
 */
function tells(requests: number, { weight, before }: Shifted): boolean {
  const p =
    weight === 0 || weight === 100 ? Math.abs(weight - before) / 100 : Math.min(weight, 100 - weight) / 100
  return requests * (p === 0 ? 1 : p) >= Z * Z
}

/** Of the normal distribution, for 99.9 % on both sides together. */
const Z = 3.2905

/**
 * Within the 99.9 % Wilson score interval of the weight (E. B. Wilson, "Probable inference", JASA 22, 1927).
 * The ends are exact: nothing may reach the canary at 0, or the stable at 100.
 */
export function within(
  look: { readonly requests: number; readonly canary: number },
  weight: Percent,
): boolean {
  const { requests: n, canary } = look
  if (weight === 0) return canary === 0
  if (weight === 100) return canary === n
  const p = canary / n
  const middle = (p + (Z * Z) / (2 * n)) / (1 + (Z * Z) / n)
  const half = (Z / (1 + (Z * Z) / n)) * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n))
  return Math.abs(weight / 100 - middle) <= half
}
