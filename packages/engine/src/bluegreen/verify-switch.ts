import type { Clock, Switch } from '@release-actions/ports'
import type { Color, SwitchMade } from '@release-actions/release'
import type { Milliseconds } from '@release-actions/values'

export type VerifiedSwitch = Pick<SwitchMade, 'verified' | 'seen'>

/** Answers that contradict the switch are asked for again for this many settle times before we say so. */
const PATIENCE = 6
const LOOK_MS = 250
/** New connections, each of which reaches a pod of the colour's or not. */
const CONNECTIONS = 20

/**
 * Proves a switch by new connections: so many, all answered by the colour. An answer of another colour is looked at
 * again, since the data plane follows the endpoints a moment later. Without a vantage point it is given its time to
 * settle, and is `unobserved`.
 * @param most at the latest after this many milliseconds
 */
export async function verifySwitch(
  ports: { readonly clock: Clock; readonly switch: Pick<Switch, 'ask' | 'settle'> },
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
    const asked = answers === undefined ? 0 : answers.blue + answers.green
    if (answers === undefined || asked === 0) {
      await clock.sleep(Math.max(0, begin + Math.min(settle, most) - clock.now()), signal)
      return { verified: 'unobserved' }
    }
    const seen = { asked, answered: answers[to] }
    if (asked === seen.answered) return { verified: 'observed', seen }
    if (clock.now() >= last || signal.aborted) return { verified: 'unobserved', seen }
    await clock.sleep(LOOK_MS, signal)
  }
}
