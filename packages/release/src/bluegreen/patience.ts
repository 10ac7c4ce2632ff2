import type { Milliseconds } from '@release-actions/values'

/** Where none of the pods were there. */
const LONGEST: Milliseconds = 20_000
/** After a signal: the runner kills within ten seconds, and the proof takes some of them. */
const LONGEST_AFTER_SIGNAL: Milliseconds = 1_500

/**
 * How long a colour that is to get everything back is given to be whole, before it gets it with the pods that it has:
 * the more are missing, the longer, for few would be overrun (ADR 16).
 * @returns undefined where no pod is ready: nothing is there to go to
 */
export function patience(
  { ready, need }: { readonly ready: number; readonly need: number },
  signalled = false,
): Milliseconds | undefined {
  if (ready >= need) return 0
  if (ready <= 0) return undefined
  return Math.ceil(((signalled ? LONGEST_AFTER_SIGNAL : LONGEST) * (need - ready)) / need)
}
