import type { Switch } from '@release-actions/ports'
import type { Color, SwitchMade } from '@release-actions/release'
import type { Milliseconds } from '@release-actions/values'
import { measure } from '../canary/verify.ts'
import type { BlueGreenPorts } from './ports.ts'

export type VerifiedSwitch = Pick<SwitchMade, 'verified' | 'seen' | 'by'>

/** Answers that contradict the switch are asked for again for this many settle times before we say so. */
const PATIENCE = 6
const LOOK_MS = 250
/** New connections, each of which reaches a pod of the colour's or not. */
const CONNECTIONS = 20

/**
 * Proves a switch by new connections: so many, all answered by the colour. An answer of another colour is looked at
 * again, since the data plane follows the endpoints a moment later. Where nobody can be asked, the pods' own counters
 * tell what they have served since. Without a vantage point it is given its time to settle, and is `unobserved`.
 * @param most at the latest after this many milliseconds
 */
export async function verifySwitch(
  ports: Pick<BlueGreenPorts, 'clock' | 'meter'> & { readonly switch: Pick<Switch, 'ask' | 'settle'> },
  to: Color,
  most: Milliseconds,
  signal: AbortSignal,
): Promise<VerifiedSwitch> {
  const { clock } = ports
  const { settle } = ports.switch
  const begin = clock.now()
  const last = begin + Math.min(settle * PATIENCE, most)
  for (;;) {
    const answers = await ports.switch.ask(CONNECTIONS, signal)
    if (answers === undefined || answers.blue + answers.green === 0) {
      if (ports.meter !== undefined) return count(ports, to, most, signal)
      await clock.sleep(Math.max(0, begin + Math.min(settle, most) - clock.now()), signal)
      return { verified: 'unobserved' }
    }
    // One that nobody has answered, or nobody of ours, is no proof either.
    const seen = { asked: CONNECTIONS, answered: answers[to] }
    const by = answers.through
    if (seen.asked === seen.answered) return { verified: 'observed', seen, by }
    if (clock.now() >= last || signal.aborted) return { verified: 'unobserved', seen, by }
    await clock.sleep(LOOK_MS, signal)
  }
}

/** All of the requests that the pods have counted since are the colour's: a canary's share, at one of its ends. */
async function count(
  { clock, meter, switch: { settle } }: Parameters<typeof verifySwitch>[0],
  to: Color,
  most: Milliseconds,
  signal: AbortSignal,
): Promise<VerifiedSwitch> {
  const [weight, before] = to === 'green' ? [100, 0] : [0, 100]
  const measuring = { clock, meter, traffic: { settle } }
  const { how, seen, requests } = await measure(measuring, { weight, before }, most, signal)
  if (seen === undefined) return { verified: how }
  const share = to === 'green' ? seen : 100 - seen
  return {
    verified: how,
    seen: { asked: requests, answered: Math.round((requests * share) / 100) },
    by: 'counters',
  }
}
