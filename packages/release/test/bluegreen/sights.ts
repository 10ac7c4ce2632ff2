import {
  EMPTY_LEASE_STATE,
  type BlueGreenSight,
  type ClaimSight,
  type ColorState,
  type LeaseState,
  type SwitchMade,
  type SwitchSight,
  type Switching,
} from '../../src/index.ts'
import { NEW, OLD, THIRD, workload } from './world.ts'

// Sights to decide on: three that are whole and readable, and the parts to make others of them.

export const NOW = 100_000_000
export const MINUTE = 60_000
/** Long enough ago for every wait, soak and drain to be over. */
export const LONG_AGO = NOW - 30 * MINUTE
export const US = { id: 8, attempt: 1 }
export const OLDER = { id: 7, attempt: 1 }
export const NEWER = { id: 9, attempt: 1 }

/** Nobody works on the workload, which was never adopted and runs version 1 on four pods. */
export const PLAIN: BlueGreenSight = {
  now: NOW,
  claim: { kind: 'free', state: EMPTY_LEASE_STATE },
  own: workload('shop', 'old', 4),
  blue: undefined,
  green: undefined,
  switch: {
    kind: 'service',
    to: 'own',
    linked: false,
    accepted: true,
    refused: undefined,
    tampered: undefined,
    unstamped: [],
    endpoints: { own: 4, blue: 0, green: 0 },
  },
  followers: [{ object: 'HorizontalPodAutoscaler/shop', to: 'own' }],
  unstamped: [],
  verdict: { kind: 'none' },
  cancelled: false,
  obstacle: undefined,
}

/** What a release of version 2 has left: green serves, and blue is warm with version 1. */
export const COLORS_LEFT: ColorState = {
  live: 'green',
  warm: {
    color: 'blue',
    release: OLD,
    run: undefined,
    deployment: undefined,
    since: LONG_AGO,
    keep: 60 * MINUTE,
  },
}

/** Nobody works on the workload, whose green colour serves version 2. */
export const ADOPTED: BlueGreenSight = {
  ...PLAIN,
  claim: { kind: 'free', state: { ...EMPTY_LEASE_STATE, colors: COLORS_LEFT } },
  own: workload('shop', 'old', 0),
  blue: workload('shop-blue', 'old', 4),
  green: workload('shop-green', 'new', 4),
  switch: { ...PLAIN.switch, to: 'green', endpoints: { own: 0, blue: 0, green: 4 } },
  followers: [{ object: 'HorizontalPodAutoscaler/shop', to: 'green' }],
}

/** Our release of version 3 to blue: deployed, judged and switched to, an hour ago; version 2 on green is its base. */
export const FLIGHT: Switching = {
  release: THIRD,
  run: US,
  deployment: 42,
  traffic: 'service/shop',
  keep: 60 * MINUTE,
  preempt: false,
  since: LONG_AGO,
  to: 'blue',
  base: { release: NEW, owner: 'green', replicas: 4, replicaSet: 'shop-green-1', switch: null },
  passed: ['pre-switch'],
  switches: [made('blue')],
  phase: { name: 'soaking', since: NOW - MINUTE },
  retreat: undefined,
  reverted: 0,
}

/** The world of FLIGHT. */
export const SOAKING: BlueGreenSight = {
  ...ADOPTED,
  claim: ours(FLIGHT),
  blue: workload('shop-blue', 'third', 4),
  switch: { ...ADOPTED.switch, to: 'blue', endpoints: { own: 0, blue: 4, green: 0 } },
  followers: [{ object: 'HorizontalPodAutoscaler/shop', to: 'blue' }],
}

/** Before it was switched to: green serves, and blue is judged. */
export const JUDGING: BlueGreenSight = {
  ...SOAKING,
  claim: ours({ ...FLIGHT, passed: [], switches: [], phase: { name: 'judging', since: NOW - MINUTE } }),
  switch: { ...ADOPTED.switch, linked: true },
  followers: ADOPTED.followers,
}

/** A switch, proved an hour ago. */
export function made(to: SwitchMade['to'], over: Partial<SwitchMade> = {}): SwitchMade {
  return { to, at: LONG_AGO, verified: 'observed', ...over }
}

/** The claim, ours for a while. */
export function ours(switching: Switching | undefined, state: Partial<LeaseState> = {}): ClaimSight {
  const left = { colors: { live: 'green', warm: undefined } } as const
  return {
    kind: 'ours',
    fence: 3,
    since: LONG_AGO + MINUTE,
    state: { ...EMPTY_LEASE_STATE, ...left, ...state, switching },
  }
}

/** SOAKING with another flight, and more that is seen. */
export function during(flight: Partial<Switching>, over: Partial<BlueGreenSight> = {}): BlueGreenSight {
  return { ...SOAKING, claim: ours({ ...FLIGHT, ...flight }), ...over }
}

/** The same of JUDGING. */
export function before(flight: Partial<Switching>, over: Partial<BlueGreenSight> = {}): BlueGreenSight {
  const { switching } = JUDGING.claim.state
  return { ...JUDGING, claim: ours({ ...(switching ?? FLIGHT), ...flight }), ...over }
}

export function named(over: Partial<SwitchSight>): SwitchSight {
  return { ...SOAKING.switch, ...over }
}

/** A first release, which has adopted nothing yet. */
export function adopting(flight: Partial<Switching>, over: Partial<BlueGreenSight> = {}): BlueGreenSight {
  const first: Switching = {
    ...FLIGHT,
    release: THIRD,
    to: 'green',
    base: { ...FLIGHT.base, release: OLD, owner: 'own' },
    passed: [],
    switches: [],
    phase: { name: 'adopting', since: NOW - MINUTE },
  }
  return { ...PLAIN, claim: ours({ ...first, ...flight }, { colors: undefined }), ...over }
}

/** A rollback to version 1, which is warm on blue but for one pod; it began at `since`. */
export function warmAgain(flight: Partial<Switching>): BlueGreenSight {
  const rollback: Switching = {
    ...FLIGHT,
    release: OLD,
    preempt: true,
    passed: [],
    switches: [],
    phase: { name: 'switching', since: NOW },
    ...flight,
  }
  const blue = workload('shop-blue', 'old', 4, { ready: 3 })
  return { ...JUDGING, claim: ours(rollback, { colors: COLORS_LEFT }), blue }
}

export const TOOK_BACK = { code: 'unhealthy', reason: 'too many errors', at: NOW - MINUTE } as const
