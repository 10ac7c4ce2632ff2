import type { Kit } from '@release-actions/action-kit'
import { colorName } from '@release-actions/kubernetes'
import type { BlueGreenSight, Owner, Warm } from '@release-actions/release'
import { formatDuration } from '@release-actions/values'
import { unprovedNote } from './proof.ts'
import type { Served } from './report.ts'

/**
 * Until when the colour that served before stays up.
 * @returns milliseconds since 1970, or `forever`; undefined: there is none, or its time is over
 */
export function keptUntil(warm: Warm | undefined, now: number): number | 'forever' | undefined {
  if (warm === undefined) return undefined
  if (warm.keep === 'forever') return 'forever'
  const until = warm.since + warm.keep
  return until > now ? until : undefined
}

/** The outputs of this action only. */
export function setColors(
  { outputs, clock }: Pick<Kit, 'outputs' | 'clock'>,
  serves: Owner | undefined,
  warm: Warm | undefined,
): void {
  const until = keptUntil(warm, clock.now())
  outputs.setOwn('color', serves === 'own' ? '' : (serves ?? ''))
  outputs.setOwn('kept-until', typeof until === 'number' ? new Date(until).toISOString() : (until ?? ''))
}

/** Which colour serves, what is kept of the other, and what clients with open connections see: a sentence each. */
export function keptNotes(seen: BlueGreenSight, served: Served, workload: string): readonly string[] {
  const { owner, release } = served
  if (owner === 'own') return []
  const unproved = unprovedNote(seen, served)
  const warm = seen.claim.state.colors?.warm
  const until = keptUntil(warm, seen.now)
  const lines = [
    `${owner} serves ${release.version} (Deployment ${colorName(workload, owner)}).`,
    ...unproved,
  ]
  if (warm === undefined || until === undefined) return lines
  const time =
    until === 'forever'
      ? 'until the next release needs its place'
      : `until ${new Date(until).toISOString().slice(0, 16).replace('T', ' ')} UTC (${formatDuration(until - warm.since)}); the next run after that scales it down`
  return [
    ...lines,
    `${warm.color} (${warm.release.version}) stays up ${time}. Until then, going back is one patch.`,
    seen.switch.kind === 'route'
      ? 'The route moves every request, those of connections that clients keep open as well.'
      : `Connections that clients keep open stay with ${warm.color} until they close: the switch decides on new ones.`,
  ]
}
