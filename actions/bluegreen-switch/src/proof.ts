import type { BlueGreenSight, SwitchMade } from '@release-actions/release'
import type { Served } from './report.ts'

/** What was looked at as the proof that a colour serves: `answered 20 of 20 new connections`. */
export function proved(by: SwitchMade['by'], answered: number, asked: number): string {
  switch (by) {
    case 'url':
      return `answered ${answered} of ${asked} requests to the URL of probe`
    case 'counters':
      return `served ${answered} of ${asked} requests, by the pods' own counters,`
    case 'service':
    case undefined:
      return `answered ${answered} of ${asked} new connections`
  }
}

/** What is not proved of the last switch is said, with what would prove it. */
export function unprovedNote(
  { switch: { kind } }: Pick<BlueGreenSight, 'switch'>,
  { proof }: Pick<Served, 'proof'>,
): readonly string[] {
  if (proof?.verified !== 'unobserved') return []
  const known =
    kind === 'route'
      ? "The route's controller has accepted the switch, and the endpoints are right"
      : 'The endpoints are right'
  const { seen } = proof
  if (seen !== undefined && seen.asked > 0)
    return [
      `Not proved: ${proof.to} ${proved(proof.by, seen.answered, seen.asked)} only. ${known}, but something else answers too, or nobody does: look for another route to the same host, and at what the router says.`,
    ]
  return [
    kind === 'route'
      ? `Not proved by a request: nothing here goes through the router. ${known}. Give probe a URL as users ask it, or a post-switch gate that scrapes the pods.`
      : `Not proved by a request: the answers of the two versions cannot be told apart, or nobody answered. ${known}. Give probe a path whose answer differs.`,
  ]
}
