import {
  EMPTY_LEASE_STATE,
  type CanarySight,
  type ClaimSight,
  type InFlight,
  type Landed,
  type LeaseState,
  type Shift,
} from '../../src/index.ts'
import { NEW, OLD, workload } from './world.ts'

// Sights to decide on: two that are whole and readable, and the parts to make others of them.

export const NOW = 100_000_000
export const MINUTE = 60_000
/** Long enough ago for every wait, soak and drain to be over. */
export const LONG_AGO = NOW - 60 * MINUTE
export const US = { id: 7, attempt: 1 }
export const OLDER = { id: 6, attempt: 1 }
export const NEWER = { id: 8, attempt: 1 }

/** Nobody works on the workload, which runs the old version on four pods behind a route of its own. */
export const IDLE: CanarySight = {
  now: NOW,
  claim: { kind: 'free', state: EMPTY_LEASE_STATE },
  stable: workload('shop', 'old', 4),
  canary: undefined,
  traffic: {
    kind: 'route',
    linked: false,
    weight: 0,
    accepted: true,
    refused: undefined,
    tampered: undefined,
    unstamped: ['HTTPRoute/shop'],
  },
  autoscaler: { name: 'shop', min: 2, max: 10 },
  unstamped: ['Deployment/shop', 'HorizontalPodAutoscaler/shop'],
  verdict: { kind: 'none' },
  cancelled: false,
  obstacle: undefined,
}

/** Our release, begun and soaking: 5 % has passed, 25 % is proved; the HPA's minimum of 2 is held at 4. */
export const FLIGHT: InFlight = {
  release: NEW,
  run: US,
  deployment: 41,
  traffic: 'httproute/shop',
  plan: [5, 25, 50, 100],
  since: LONG_AGO,
  base: {
    release: OLD,
    replicas: 4,
    replicaSet: 'shop-1',
    autoscaler: { name: 'shop', min: 2 },
    route: null,
  },
  passed: [5],
  shifts: shifted(5, 25),
  phase: { name: 'soaking', since: NOW - MINUTE },
  retreat: undefined,
  reverted: 0,
}

/** The world of FLIGHT: one canary pod, everything ready and stamped, the claim ours. */
export const SOAKING: CanarySight = {
  ...IDLE,
  claim: ours(FLIGHT),
  canary: workload('shop-canary', 'new', 1),
  traffic: { ...IDLE.traffic, linked: true, weight: 25, unstamped: [] },
  autoscaler: { name: 'shop', min: 4, max: 10 },
  unstamped: [],
}

/** Proved shifts, an hour ago. */
export function shifted(...weights: readonly number[]): readonly Shift[] {
  return weights.map((weight) => ({ weight, at: LONG_AGO, verified: 'observed' }))
}

/** The claim, ours since half a minute. */
export function ours(inFlight: InFlight | undefined, state: Partial<LeaseState> = {}): ClaimSight {
  return {
    kind: 'ours',
    fence: 3,
    since: NOW - MINUTE / 2,
    state: { ...EMPTY_LEASE_STATE, ...state, inFlight },
  }
}

export function landedBy(over: Partial<Landed> = {}): Landed {
  return { release: NEW, run: US, deployment: 41, outcome: 'promoted', why: undefined, at: NOW, ...over }
}

/** SOAKING with another flight, and more that is seen. */
export function during(flight: Partial<InFlight>, over: Partial<CanarySight> = {}): CanarySight {
  return { ...SOAKING, claim: ours({ ...FLIGHT, ...flight }), ...over }
}

/** The canary of SOAKING, changed. */
export function canary(desired: number, over: Partial<CanarySight['stable']> = {}): CanarySight['stable'] {
  return workload('shop-canary', 'new', desired, over)
}

/** The stable with the new template. */
export function promotedStable(over: Partial<CanarySight['stable']> = {}): CanarySight['stable'] {
  return workload('shop', 'new', 4, over)
}

/** The route of SOAKING, changed. */
export function route(over: Partial<CanarySight['traffic']>): CanarySight['traffic'] {
  return { ...SOAKING.traffic, ...over }
}

/** No router: the pods behind one Service are the split. */
export const REPLICAS: CanarySight['traffic'] = {
  ...IDLE.traffic,
  kind: 'replicas',
  linked: true,
  weight: 20,
  unstamped: [],
}

export const TOOK_BACK = { code: 'unhealthy', reason: 'error rate at 25', at: NOW - MINUTE } as const
