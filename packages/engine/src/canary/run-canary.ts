import {
  decide,
  type CanaryGoal,
  type CanaryMove,
  type End,
  type InFlight,
  type Stage,
} from '@release-actions/release'
import type { JournalEntry } from '../listener.ts'
import { runLoop } from '../loop.ts'
import { act, type Act } from './act.ts'
import { Exposures } from './exposures.ts'
import { describeMove, isWorthTelling, type Exposure, type Listener } from './journal.ts'
import { observe, type Observation } from './observe.ts'
import type { CanaryPorts } from './ports.ts'

export interface CanaryEnd {
  readonly end: End
  /** The world as it was when the end was decided. */
  readonly last: Observation
  readonly journal: readonly JournalEntry<CanaryMove['kind']>[]
  readonly exposures: readonly Exposure[]
  /** What was in flight when it was last seen: the Lease forgets it when the release has ended. */
  readonly flight: InFlight | undefined
  /** The pods' own words, when the release was taken back or could not go on: read before they are removed. */
  readonly words: readonly string[]
}

/**
 * Observe, decide, act, until the end. It ends by returning, also when the release failed.
 * @param cancelled aborts on the runner's signal
 * @throws ReleaseError when the cluster cannot be observed, for longer than the timeout
 */
export async function runCanary(
  goal: CanaryGoal,
  ports: CanaryPorts,
  cancelled: AbortSignal,
  listener: Listener = {},
): Promise<CanaryEnd> {
  const exposures = new Exposures(ports.clock, ports.meter)
  let flight: InFlight | undefined
  const ended = await runLoop<Observation, Act, End, Stage, Act['kind']>(
    {
      ports,
      timeout: goal.timing.timeout,
      observe: (senses) => observe(ports, senses),
      decide: (seen) => decide(goal, seen),
      act: (move, seeing, acting) => act(move, seeing, { ...acting, ports, goal }),
      describe: describeMove,
      isWorthTelling,
      share: (seen) => seen.traffic.weight,
      underWay: (state) => state.inFlight,
      isWayBack: (move) => move.kind === 'retreat-route',
      isParting: ({ kind }, seen) =>
        (kind === 'unlink' || kind === 'delete-canary') && seen.claim.state.inFlight?.retreat !== undefined,
      explain: () => {
        const promoting = flight?.phase.name === 'promoting' || flight?.phase.name === 'restoring'
        return ports.cluster.explain(promoting ? 'stable' : 'canary')
      },
      looked: ({ seen }) => {
        flight = seen.claim.state.inFlight ?? flight
        return exposures.at(seen.traffic.weight)
      },
    },
    cancelled,
    listener,
  )
  return { ...ended, exposures: await exposures.all(), flight }
}
