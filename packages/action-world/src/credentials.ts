import { Forbidden, formatDuration, type Milliseconds } from '@release-actions/values'

/**
 * Credentials that end in the middle of a soak leave a step that can neither judge nor go back.
 * @param expiresAt milliseconds since 1970; undefined: never, or not said
 * @throws Forbidden
 */
export function assertOutlives(expiresAt: number | undefined, now: number, needed: Milliseconds): void {
  const left = expiresAt === undefined ? Infinity : expiresAt - now
  if (left >= needed) return
  const ends = formatDuration(Math.max(0, left))
  throw new Forbidden(
    `the credentials for the cluster end in ${ends}, before this step can be sure to have ended (${formatDuration(needed)})`,
    { fix: ['use credentials that last longer, or a shorter soak'] },
  )
}
