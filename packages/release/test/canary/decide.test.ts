import { describe, expect, test } from '@jest/globals'
import {
  decide,
  isAlreadyLive,
  type AbortGoal,
  type CanaryGoal,
  type CanaryMove,
  type CanarySight,
  type InFlight,
} from '../../src/index.ts'
import {
  canary,
  during,
  FLIGHT,
  IDLE,
  landedBy,
  LONG_AGO,
  MINUTE,
  NEWER,
  NOW,
  OLDER,
  ours,
  promotedStable,
  REPLICAS,
  route,
  shifted,
  SOAKING,
  TOOK_BACK,
  US,
} from './sights.ts'
import { goalOf, OTHER, workload } from './world.ts'

/** One decision: what is seen, and the move that must follow (the fields that matter of it). */
interface Row {
  readonly name: string
  readonly seen: CanarySight
  readonly move: Expected
  readonly goal?: CanaryGoal
}

/** What a row says of its move; asymmetric matchers may stand for texts. */
interface Expected {
  readonly kind: CanaryMove['kind']
  readonly [field: string]: unknown
}

const ABORT: AbortGoal = {
  kind: 'abort',
  run: US,
  timing: goalOf().timing,
  reason: 'the step was cancelled',
  preempt: false,
}
const EMPTY = IDLE.claim.state
const claimed: CanarySight = {
  ...IDLE,
  claim: ours(undefined),
  unstamped: [],
  traffic: route({ linked: false, weight: 0 }),
}
const liveByNewer = landedBy({ run: NEWER, release: OTHER })

const BEFORE: readonly Row[] = [
  { name: 'a workload on which nobody works is claimed', seen: IDLE, move: { kind: 'claim' } },
  {
    name: 'what runs already is unchanged',
    seen: { ...IDLE, stable: promotedStable() },
    move: { kind: 'done', decision: 'unchanged' },
  },
  {
    name: 'what runs already, with a canary left over, is claimed to be tidied up',
    seen: { ...IDLE, stable: promotedStable(), canary: canary(1) },
    move: { kind: 'claim' },
  },
  {
    name: 'a step whose weights have passed is unchanged',
    goal: goalOf({ until: 5, promote: false }),
    seen: { ...SOAKING, claim: { kind: 'free', state: { ...EMPTY, inFlight: FLIGHT } } },
    move: { kind: 'done', decision: 'unchanged' },
  },
  {
    name: 'a step whose weights have not all passed is claimed, also when it does not promote',
    goal: goalOf({ until: 25, promote: false }),
    seen: { ...SOAKING, claim: { kind: 'free', state: { ...EMPTY, inFlight: FLIGHT } } },
    move: { kind: 'claim' },
  },
  {
    name: 'a step whose weights have passed, while another process holds the claim, takes it over',
    goal: goalOf({ until: 5, promote: false }),
    seen: { ...SOAKING, claim: { kind: 'held', by: OLDER, state: { ...EMPTY, inFlight: FLIGHT } } },
    move: { kind: 'claim' },
  },
  {
    name: 'a weight before its turn is a conflict',
    goal: goalOf({ plan: [100], until: 100 }),
    seen: { ...SOAKING, claim: { kind: 'free', state: { ...EMPTY, inFlight: FLIGHT } } },
    move: { kind: 'failed', decision: 'failed', code: 'conflict' },
  },
  {
    name: 'the claim of an older run is taken over',
    seen: {
      ...SOAKING,
      claim: { kind: 'held', by: OLDER, state: { ...EMPTY, inFlight: { ...FLIGHT, run: OLDER } } },
    },
    move: { kind: 'claim' },
  },
  {
    name: 'the claim of an earlier attempt of the same run is taken over',
    seen: { ...IDLE, claim: { kind: 'held', by: { id: 7, attempt: 2 }, state: EMPTY } },
    move: { kind: 'claim' },
  },
  {
    name: 'superseded by a newer run that holds the claim',
    seen: { ...IDLE, claim: { kind: 'held', by: NEWER, state: EMPTY } },
    move: { kind: 'stopped', by: NEWER },
  },
  {
    name: 'superseded by a newer run whose release is in flight, though nobody holds the claim',
    seen: {
      ...SOAKING,
      claim: { kind: 'free', state: { ...EMPTY, inFlight: { ...FLIGHT, run: NEWER, release: OTHER } } },
    },
    move: { kind: 'stopped', by: NEWER },
  },
  {
    name: 'superseded by a newer run whose release is live, also when the approval came last',
    seen: { ...IDLE, claim: { kind: 'free', state: { ...EMPTY, live: liveByNewer } } },
    move: { kind: 'stopped', by: NEWER },
  },
  {
    name: 'allow-older releases although a newer run is live',
    goal: goalOf({ allowOlder: true }),
    seen: { ...IDLE, claim: { kind: 'free', state: { ...EMPTY, live: liveByNewer } } },
    move: { kind: 'claim' },
  },
  {
    name: 'allow-older takes the claim of a newer run',
    goal: goalOf({ allowOlder: true }),
    seen: { ...IDLE, claim: { kind: 'held', by: NEWER, state: EMPTY } },
    move: { kind: 'claim' },
  },
  {
    name: 'cancelled before the claim: nothing is claimed',
    seen: { ...IDLE, cancelled: true },
    move: { kind: 'failed', decision: 'cancelled', code: 'cancelled' },
  },
  {
    name: 'cancelled before the claim, with a canary of ours in the traffic: claimed, to take it out',
    seen: { ...SOAKING, cancelled: true, claim: { kind: 'free', state: { ...EMPTY, inFlight: FLIGHT } } },
    move: { kind: 'claim' },
  },
  {
    name: 'a claim that is refused ends the step',
    seen: { ...IDLE, obstacle: { code: 'forbidden', reason: 'leases: create', onTheWayBack: false } },
    move: { kind: 'failed', decision: 'failed', code: 'forbidden', reason: 'leases: create' },
  },
  {
    name: 'a claim that was taken away ends the step, whatever else is seen',
    seen: {
      ...SOAKING,
      claim: { kind: 'lost', to: NEWER, state: SOAKING.claim.state },
      cancelled: true,
      verdict: { kind: 'fail', stage: '25', code: 'unhealthy', reason: 'errors' },
      obstacle: { code: 'conflict', reason: 'fence', onTheWayBack: true },
    },
    move: { kind: 'stopped', by: NEWER },
  },
  {
    name: 'nobody knows who took the claim away',
    seen: { ...SOAKING, claim: { kind: 'lost', to: undefined, state: SOAKING.claim.state } },
    move: { kind: 'stopped', by: undefined },
  },
]

const BEGINNING: readonly Row[] = [
  {
    name: 'the route gets the fence first of all',
    seen: { ...IDLE, claim: ours(undefined) },
    move: { kind: 'stamp', object: 'HTTPRoute/shop' },
  },
  {
    name: 'then the workload, before anything is written about it',
    seen: { ...claimed, unstamped: ['Deployment/shop', 'HorizontalPodAutoscaler/shop'] },
    move: { kind: 'stamp', object: 'Deployment/shop' },
  },
  {
    name: 'what is in flight is written down before the first change',
    seen: claimed,
    move: { kind: 'begin' },
  },
  {
    name: 'a rollout of the user’s own ends first',
    seen: { ...claimed, stable: workload('shop', 'old', 4, { settled: false, old: 2, ready: 3 }) },
    move: { kind: 'await', what: 'stable-rolled-out', until: NOW - MINUTE / 2 + 10 * MINUTE },
  },
  {
    name: 'a rollout of the user’s own that does not end is not waited for longer than the timeout',
    seen: {
      ...claimed,
      claim: { ...ours(undefined), kind: 'ours', fence: 3, since: NOW - 10 * MINUTE },
      stable: workload('shop', 'old', 4, { settled: false, ready: 3 }),
    },
    move: {
      kind: 'failed',
      decision: 'failed',
      code: 'not-ready',
      reason: expect.stringContaining('3 of 4 pods'),
    },
  },
  {
    name: 'a stable that is scaled to 0 has nothing to release beside',
    seen: { ...claimed, stable: workload('shop', 'old', 0) },
    move: {
      kind: 'failed',
      decision: 'failed',
      code: 'not-ready',
      reason: expect.stringContaining('scaled to 0'),
    },
  },
  {
    name: 'cancelled before the beginning: nothing begins',
    seen: { ...claimed, cancelled: true },
    move: { kind: 'failed', decision: 'cancelled' },
  },
  {
    name: 'a stamp that is refused ends the step, with nothing to take back',
    seen: {
      ...claimed,
      unstamped: ['Deployment/shop'],
      obstacle: { code: 'forbidden', reason: 'deployments: patch', onTheWayBack: false },
    },
    move: { kind: 'failed', decision: 'failed', code: 'forbidden' },
  },
  {
    name: 'what somebody else released meanwhile is unchanged',
    seen: { ...claimed, stable: promotedStable() },
    move: { kind: 'done', decision: 'unchanged' },
  },
  {
    name: 'what this process has just promoted is promoted',
    seen: { ...claimed, stable: promotedStable(), claim: ours(undefined, { last: landedBy() }) },
    move: { kind: 'done', decision: 'promoted' },
  },
  {
    name: 'what this process has just taken back fails, with the reason',
    seen: {
      ...claimed,
      claim: ours(undefined, { last: landedBy({ outcome: 'retreated', why: TOOK_BACK }) }),
    },
    move: { kind: 'failed', decision: 'retreated', code: 'unhealthy', reason: 'error rate at 25' },
  },
  {
    name: 'what this process has just taken back for a cancel was cancelled, also after the signal is forgotten',
    seen: {
      ...claimed,
      claim: ours(undefined, {
        last: landedBy({ outcome: 'retreated', why: { ...TOOK_BACK, code: 'cancelled' } }),
      }),
    },
    move: { kind: 'failed', decision: 'cancelled', code: 'cancelled' },
  },
  {
    name: 'cancelled while it was taken back for another reason: cancelled, with that reason',
    seen: {
      ...claimed,
      cancelled: true,
      claim: ours(undefined, { last: landedBy({ outcome: 'retreated', why: TOOK_BACK }) }),
    },
    move: { kind: 'failed', decision: 'cancelled', code: 'unhealthy' },
  },
  {
    name: 'what an earlier process took back begins again',
    seen: {
      ...claimed,
      claim: ours(undefined, { last: landedBy({ outcome: 'retreated', why: TOOK_BACK, at: LONG_AGO }) }),
    },
    move: { kind: 'begin' },
  },
]

/** The walk's next weight is 25, and the canary has not got it. */
const at5 = (over: Partial<CanarySight> = {}, flight: Partial<InFlight> = {}): CanarySight =>
  during({ shifts: shifted(5), ...flight }, { traffic: route({ weight: 5 }), ...over })
/** The walk's next weight is 50: two pods. */
const to50 = (over: Partial<CanarySight> = {}, flight: Partial<InFlight> = {}): CanarySight =>
  during({ passed: [5, 25], ...flight }, over)
/** Begun, and nothing else. */
const begun = (over: Partial<CanarySight> = {}, flight: Partial<InFlight> = {}): CanarySight =>
  during(
    { passed: [], shifts: [], phase: { name: 'adopting', since: NOW }, ...flight },
    {
      canary: undefined,
      traffic: route({ linked: false, weight: 0 }),
      ...over,
    },
  )
const pending = (weight: number, at = NOW): InFlight['shifts'] => [{ weight, at, verified: 'pending' }]
const dark = goalOf({ plan: [0, 50, 100] })

const WALK: readonly Row[] = [
  {
    name: 'another run takes up what is in flight of the same version',
    seen: during({ run: OLDER }),
    move: { kind: 'begin' },
  },
  {
    name: 'a new fence is on the route before the route is changed',
    seen: at5({ traffic: route({ weight: 5, unstamped: ['HTTPRoute/shop'] }) }),
    move: { kind: 'stamp', object: 'HTTPRoute/shop' },
  },
  {
    name: 'a new fence is on the Deployment before it is changed',
    seen: at5({ unstamped: ['Deployment/shop-canary'] }),
    move: { kind: 'stamp', object: 'Deployment/shop-canary' },
  },
  {
    name: 'the minimum of the HPA is held at what the stable had',
    seen: { ...SOAKING, autoscaler: { name: 'shop', min: 2, max: 10 } },
    move: { kind: 'hold-autoscaler', min: 4 },
  },
  {
    name: 'the minimum of the HPA is held no higher than its maximum',
    seen: { ...SOAKING, autoscaler: { name: 'shop', min: 2, max: 3 } },
    move: { kind: 'hold-autoscaler', min: 3 },
  },
  {
    name: 'an HPA that is held as high as its maximum lets is left alone',
    seen: { ...SOAKING, autoscaler: { name: 'shop', min: 3, max: 3 } },
    move: { kind: 'judge' },
  },
  {
    name: 'an HPA whose minimum is high enough is left alone',
    seen: { ...SOAKING, autoscaler: { name: 'shop', min: 6, max: 10 } },
    move: { kind: 'judge' },
  },
  {
    name: 'an HPA that came after the beginning is not ours to hold',
    seen: { ...SOAKING, autoscaler: { name: 'another', min: 1, max: 10 } },
    move: { kind: 'judge' },
  },
  {
    name: 'the canary comes with the pods that its first weight needs',
    seen: begun(),
    move: { kind: 'apply-canary', replicas: 1 },
  },
  {
    name: 'the canary comes with more pods where the first weight is larger',
    goal: goalOf({ plan: [50, 100] }),
    seen: begun(),
    move: { kind: 'apply-canary', replicas: 2 },
  },
  {
    name: 'without a router the canary comes with no pods, since pods are traffic',
    seen: begun({ traffic: { ...REPLICAS, weight: 0 } }),
    move: { kind: 'apply-canary', replicas: 0 },
  },
  {
    name: 'an idle canary of another version becomes this one',
    seen: begun({ canary: workload('shop-canary', 'other', 1), traffic: route({ weight: 0 }) }),
    move: { kind: 'apply-canary', replicas: 1 },
  },
  {
    name: 'an earlier canary that is being deleted goes first',
    seen: begun({ canary: canary(1, { deleting: true }) }),
    move: { kind: 'await', what: 'canary-gone', until: NOW + 10 * MINUTE },
  },
  {
    name: 'the canary is linked into the route, with no weight',
    seen: begun({ canary: canary(1) }),
    move: { kind: 'link' },
  },
  {
    name: 'from when the pods are waited for is written down',
    seen: at5(
      { canary: canary(1, { ready: 0, endpoints: 0 }), traffic: route({ weight: 0 }) },
      { passed: [], shifts: [] },
    ),
    move: { kind: 'note', change: { kind: 'phase', name: 'scaling' } },
  },
  {
    name: 'pods are ready before they get weight',
    seen: to50(
      { canary: canary(2, { ready: 1, endpoints: 1 }) },
      { phase: { name: 'scaling', since: NOW - 5 * MINUTE } },
    ),
    move: { kind: 'await', what: 'canary-ready', until: NOW - MINUTE / 2 + 10 * MINUTE },
  },
  {
    name: 'pods are in the EndpointSlices before they get weight',
    seen: to50({ canary: canary(2, { endpoints: 1 }) }, { phase: { name: 'scaling', since: NOW } }),
    move: { kind: 'await', what: 'canary-endpoints', until: NOW + 10 * MINUTE },
  },
  { name: 'a larger weight gets its pods first', seen: to50(), move: { kind: 'scale-canary', replicas: 2 } },
  {
    name: 'a canary larger than the weight needs is not shrunk',
    seen: to50({ canary: canary(4) }),
    move: { kind: 'shift', weight: 50 },
  },
  { name: 'ready pods get the weight', seen: at5(), move: { kind: 'shift', weight: 25 } },
  {
    name: 'a shift that a killed process did not write down is written down',
    seen: at5({ traffic: route({ weight: 25 }) }),
    move: { kind: 'note', change: { kind: 'shift', weight: 25 } },
  },
  {
    name: 'a shift counts once the controllers have accepted it',
    seen: during({ shifts: pending(25) }, { traffic: route({ accepted: false }) }),
    move: { kind: 'await', what: 'route-accepted', until: NOW + 10 * MINUTE },
  },
  {
    name: 'an accepted shift is proved',
    seen: during({ shifts: pending(25) }),
    move: { kind: 'verify', weight: 25, until: NOW + 10 * MINUTE },
  },
  {
    name: 'a proved shift soaks',
    seen: during({ phase: { name: 'scaling', since: NOW } }),
    move: { kind: 'note', change: { kind: 'phase', name: 'soaking' } },
  },
  {
    name: 'a soak is judged for its own time',
    goal: goalOf({ soaks: [1, 2 * MINUTE, 3, 4] }),
    seen: SOAKING,
    move: { kind: 'judge', stage: '25', soak: 2 * MINUTE },
  },
  {
    name: 'a verdict about an earlier weight says nothing of this one',
    seen: { ...SOAKING, verdict: { kind: 'pass', stage: '5' } },
    move: { kind: 'judge', stage: '25' },
  },
  {
    name: 'a passed soak is written down',
    seen: { ...SOAKING, verdict: { kind: 'pass', stage: '25' } },
    move: { kind: 'note', change: { kind: 'passed', weight: 25 } },
  },
  {
    name: 'a weight before its turn is a conflict, also once the claim is ours',
    goal: goalOf({ plan: [100], until: 100 }),
    seen: SOAKING,
    move: { kind: 'failed', decision: 'failed', code: 'conflict', reason: expect.stringContaining('25 %') },
  },
  {
    name: 'at weight 0 (dark) the pods are waited for, since they are judged',
    goal: dark,
    seen: begun(
      { canary: canary(1, { ready: 0, endpoints: 0 }), traffic: route({ weight: 0 }) },
      { phase: { name: 'scaling', since: NOW } },
    ),
    move: { kind: 'await', what: 'canary-ready' },
  },
  {
    name: 'at weight 0 (dark) nothing is shifted',
    goal: dark,
    seen: begun({ canary: canary(1), traffic: route({ weight: 0 }) }),
    move: { kind: 'note', change: { kind: 'shift', weight: 0 } },
  },
  {
    name: 'at weight 0 (dark) the gates judge',
    goal: dark,
    seen: begun(
      { canary: canary(1), traffic: route({ weight: 0 }) },
      { shifts: shifted(0), phase: { name: 'soaking', since: NOW } },
    ),
    move: { kind: 'judge', stage: '0' },
  },
  {
    name: 'a step that stops half way says that it waits',
    goal: goalOf({ until: 25, promote: false }),
    seen: to50(),
    move: { kind: 'note', change: { kind: 'phase', name: 'waiting' } },
  },
  {
    name: 'a step that stops half way has advanced',
    goal: goalOf({ until: 25, promote: false }),
    seen: to50({}, { phase: { name: 'waiting', since: NOW } }),
    move: { kind: 'done', decision: 'advanced' },
  },
]

const BY_REPLICAS: readonly Row[] = [
  {
    name: 'a weight is the number of pods that attains it',
    goal: goalOf({ traffic: 'replicas' }),
    seen: to50({ traffic: REPLICAS }),
    move: { kind: 'shift', weight: 50 },
  },
  {
    name: 'two weights that one number of pods attains need no second shift',
    goal: goalOf({ traffic: 'replicas' }),
    seen: at5({ traffic: REPLICAS }),
    move: { kind: 'note', change: { kind: 'shift', weight: 25 } },
  },
  {
    name: 'its pods are waited for after the shift, since they are the shift',
    goal: goalOf({ traffic: 'replicas' }),
    seen: during(
      { shifts: pending(25), phase: { name: 'scaling', since: NOW } },
      { traffic: REPLICAS, canary: canary(1, { ready: 0, endpoints: 0 }) },
    ),
    move: { kind: 'await', what: 'canary-ready' },
  },
  {
    name: 'a stable that its HPA has grown gets a larger canary',
    goal: goalOf({ traffic: 'replicas' }),
    seen: during({}, { traffic: REPLICAS, stable: workload('shop', 'old', 12) }),
    move: { kind: 'shift', weight: 25 },
  },
  {
    name: 'promotion rolls the stable at once',
    goal: goalOf({ traffic: 'replicas' }),
    seen: during(
      { passed: [5, 25, 50, 100], shifts: shifted(100) },
      { traffic: REPLICAS, canary: canary(4) },
    ),
    move: { kind: 'promote-stable' },
  },
  {
    name: 'a canary that somebody scaled to 0 is a conflict',
    goal: goalOf({ traffic: 'replicas' }),
    seen: during({}, { traffic: { ...REPLICAS, weight: 0 }, canary: canary(0) }),
    move: { kind: 'note', change: { kind: 'retreat', phase: 'retreating', why: { code: 'conflict' } } },
  },
  {
    name: 'on the way back the canary’s pods go',
    goal: goalOf({ traffic: 'replicas' }),
    seen: during(
      {},
      { traffic: REPLICAS, verdict: { kind: 'fail', stage: '25', code: 'unhealthy', reason: 'errors' } },
    ),
    move: { kind: 'retreat-route', why: { code: 'unhealthy' } },
  },
  {
    name: 'on the way back of a later process the canary’s pods carry its fence before they go',
    goal: goalOf({ traffic: 'replicas' }),
    seen: during(
      { retreat: TOOK_BACK },
      { traffic: REPLICAS, unstamped: ['Deployment/shop', 'Deployment/shop-canary'] },
    ),
    move: { kind: 'stamp', object: 'Deployment/shop-canary' },
  },
]

/** Every weight has passed, and the canary serves everything. */
const serving = (over: Partial<CanarySight> = {}, flight: Partial<InFlight> = {}): CanarySight =>
  during(
    { passed: [5, 25, 50, 100], shifts: shifted(5, 25, 50, 100), ...flight },
    {
      canary: canary(4),
      traffic: route({ weight: 100 }),
      ...over,
    },
  )
/** The stable has the new template, and the canary serves. */
const promoting = (over: Partial<CanarySight> = {}, flight: Partial<InFlight> = {}): CanarySight =>
  serving(
    { stable: promotedStable(), ...over },
    { phase: { name: 'promoting', since: NOW - MINUTE }, ...flight },
  )
/** The stable has the new template, and the traffic. */
const home = (over: Partial<CanarySight> = {}, flight: Partial<InFlight> = {}): CanarySight =>
  promoting({ traffic: route({ weight: 0 }), ...over }, { shifts: shifted(5, 25, 50, 100, 0), ...flight })

const PROMOTION: readonly Row[] = [
  {
    name: 'the canary gets as many pods as the stable has before it gets everything',
    goal: goalOf({ plan: [25] }),
    seen: during({ plan: [25], passed: [25], shifts: shifted(25) }),
    move: { kind: 'scale-canary', replicas: 4 },
  },
  {
    name: 'a plan that ends below 100 gives the canary everything before the stable rolls',
    goal: goalOf({ plan: [25] }),
    seen: during({ plan: [25], passed: [25], shifts: shifted(25) }, { canary: canary(4) }),
    move: { kind: 'shift', weight: 100 },
  },
  {
    name: 'the stable’s last requests end before it rolls',
    seen: serving({}, { shifts: [{ weight: 100, at: NOW - 10_000, verified: 'observed' }] }),
    move: { kind: 'drain', until: NOW + 20_000 },
  },
  {
    name: 'the stable rolls as soon as they have had their time',
    seen: serving({}, { shifts: [{ weight: 100, at: NOW - 30_000, verified: 'observed' }] }),
    move: { kind: 'promote-stable' },
  },
  {
    name: 'the stable gets the new template once it serves nothing',
    seen: serving(),
    move: { kind: 'promote-stable' },
  },
  {
    name: 'an old template that is there again after promotion is written down',
    seen: serving({}, { phase: { name: 'promoting', since: NOW } }),
    move: { kind: 'note', change: { kind: 'reverted' } },
  },
  {
    name: 'a promotion that a killed process did not write down is written down',
    seen: promoting({}, { phase: { name: 'soaking', since: NOW } }),
    move: { kind: 'note', change: { kind: 'phase', name: 'promoting' } },
  },
  {
    name: 'the stable is whole, with no old pods',
    seen: promoting({ stable: promotedStable({ settled: false, old: 1 }) }),
    move: { kind: 'await', what: 'stable-rolled-out', until: NOW - MINUTE / 2 + 10 * MINUTE },
  },
  {
    name: 'the stable is in the EndpointSlices',
    seen: promoting({ stable: promotedStable({ endpoints: 3 }) }),
    move: { kind: 'await', what: 'stable-endpoints' },
  },
  {
    name: 'the stable is judged before it serves',
    seen: promoting(),
    move: { kind: 'judge', stage: 'stable', soak: 0 },
  },
  {
    name: 'what passed before the promotion says nothing of the stable',
    seen: promoting({ verdict: { kind: 'pass', stage: '100' } }),
    move: { kind: 'judge', stage: 'stable' },
  },
  {
    name: 'a stable that is still being judged does not serve',
    seen: promoting({ verdict: { kind: 'judging', stage: 'stable' } }),
    move: { kind: 'judge', stage: 'stable' },
  },
  {
    name: 'the way home is accepted',
    seen: home({ traffic: route({ weight: 0, accepted: false }) }, { shifts: pending(0) }),
    move: { kind: 'await', what: 'route-accepted' },
  },
  {
    name: 'the traffic goes to a stable that passed',
    seen: promoting({ verdict: { kind: 'pass', stage: 'stable' } }),
    move: { kind: 'shift', weight: 0 },
  },
  {
    name: 'the way home is written down',
    seen: home({}, { shifts: shifted(100) }),
    move: { kind: 'note', change: { kind: 'shift', weight: 0 } },
  },
  {
    name: 'the way home is proved',
    seen: home({}, { shifts: pending(0) }),
    move: { kind: 'verify', weight: 0 },
  },
  {
    name: 'a way home that is never accepted fails, and is not undone',
    seen: home({
      traffic: route({ weight: 0, accepted: false }),
      claim: {
        kind: 'ours',
        fence: 3,
        since: LONG_AGO,
        state: {
          ...EMPTY,
          inFlight: {
            ...FLIGHT,
            passed: [5, 25, 50, 100],
            shifts: pending(0, LONG_AGO),
            phase: { name: 'promoting', since: LONG_AGO },
          },
        },
      },
    }),
    move: { kind: 'failed', decision: 'failed', code: 'timeout' },
  },
  {
    name: 'the canary’s last requests end before it goes',
    seen: home({}, { shifts: [{ weight: 0, at: NOW - 10_000, verified: 'observed' }] }),
    move: { kind: 'drain', until: NOW + 20_000 },
  },
  { name: 'the canary leaves the route before it is removed', seen: home(), move: { kind: 'unlink' } },
  {
    name: 'the canary goes',
    seen: home({ traffic: route({ linked: false, weight: 0 }) }),
    move: { kind: 'delete-canary' },
  },
  {
    name: 'the minimum of the HPA is put back',
    seen: home({ traffic: route({ linked: false, weight: 0 }), canary: undefined }),
    move: { kind: 'release-autoscaler', name: 'shop', min: 2 },
  },
  {
    name: 'the minimum of the HPA is put back as far as its new maximum lets',
    seen: home({
      traffic: route({ linked: false, weight: 0 }),
      canary: undefined,
      autoscaler: { name: 'shop', min: 0, max: 1 },
    }),
    move: { kind: 'release-autoscaler', name: 'shop', min: 1 },
  },
  {
    name: 'an HPA that is not the one that was held is left alone',
    seen: home({
      traffic: route({ linked: false, weight: 0 }),
      canary: undefined,
      autoscaler: { name: 'another', min: 9, max: 10 },
    }),
    move: { kind: 'land', outcome: 'promoted' },
  },
  {
    name: 'the outcome is written down last',
    seen: home({
      traffic: route({ linked: false, weight: 0 }),
      canary: undefined,
      autoscaler: { name: 'shop', min: 2, max: 10 },
    }),
    move: { kind: 'land', outcome: 'promoted' },
  },
  {
    name: 'tidying up that is refused ends the step: the release is not taken back for it',
    seen: home({ obstacle: { code: 'forbidden', reason: 'services: delete', onTheWayBack: false } }),
    move: { kind: 'failed', decision: 'failed', code: 'forbidden' },
  },
  {
    name: 'cancelled once the stable serves the new version: it stays, and the rest is left',
    seen: home({ cancelled: true }),
    move: {
      kind: 'failed',
      decision: 'cancelled',
      code: 'cancelled',
      reason: expect.stringContaining('promoted'),
    },
  },
]

const FAILING = { kind: 'fail', stage: '25', code: 'unhealthy', reason: 'error rate 7 % > 5 %' } as const
const back = (code: string): Expected => ({ kind: 'retreat-route', why: { code } })
/** In the phase for longer than the timeout, and so is this process. */
const late = (
  seen: CanarySight,
  phase: InFlight['phase']['name'],
  flight: Partial<InFlight> = {},
): CanarySight => {
  const before = seen.claim.state.inFlight ?? FLIGHT
  const inFlight: InFlight = { ...before, phase: { name: phase, since: LONG_AGO }, ...flight }
  return { ...seen, claim: { kind: 'ours', fence: 3, since: LONG_AGO, state: { ...EMPTY, inFlight } } }
}

const REASONS: readonly Row[] = [
  { name: 'a failed gate', seen: { ...SOAKING, verdict: FAILING }, move: back('unhealthy') },
  {
    name: 'a failed gate, with a new fence: the route is stamped, and nothing else before it',
    seen: {
      ...SOAKING,
      verdict: FAILING,
      traffic: route({ unstamped: ['HTTPRoute/shop'] }),
      unstamped: ['Deployment/shop'],
    },
    move: { kind: 'stamp', object: 'HTTPRoute/shop' },
  },
  {
    name: 'a failed gate, asked to hold: the weight stays',
    goal: goalOf({ onFailure: 'hold' }),
    seen: { ...SOAKING, verdict: FAILING },
    move: {
      kind: 'failed',
      decision: 'held',
      code: 'unhealthy',
      reason: expect.stringContaining('held at 25 %'),
    },
  },
  {
    name: 'a conflict, asked to hold: taken back all the same, since nobody knows what serves',
    goal: goalOf({ onFailure: 'hold' }),
    seen: { ...SOAKING, traffic: route({ weight: 10 }) },
    move: back('conflict'),
  },
  {
    name: 'an inconclusive gate that holds',
    seen: { ...SOAKING, verdict: { kind: 'hold', stage: '25', reason: 'no data' } },
    move: { kind: 'failed', decision: 'held', code: 'inconclusive' },
  },
  { name: 'a cancel', seen: { ...SOAKING, cancelled: true }, move: back('cancelled') },
  {
    name: 'a cancel before any weight was given',
    seen: begun({ canary: canary(1), traffic: route({ weight: 0 }), cancelled: true }),
    move: { kind: 'note', change: { kind: 'retreat', why: { code: 'cancelled' } } },
  },
  {
    name: 'a write on the way forward that is refused',
    seen: { ...SOAKING, obstacle: { code: 'forbidden', reason: 'httproutes: patch', onTheWayBack: false } },
    move: { kind: 'retreat-route', why: { code: 'forbidden', reason: 'httproutes: patch' } },
  },
  {
    name: 'a route that somebody changed beyond the weights',
    seen: { ...SOAKING, traffic: route({ tampered: 'the filters of the canary are gone' }) },
    move: { kind: 'retreat-route', why: { code: 'conflict', reason: 'the filters of the canary are gone' } },
  },
  {
    name: 'weights that somebody edited',
    seen: { ...SOAKING, traffic: route({ weight: 10 }) },
    move: back('conflict'),
  },
  {
    name: 'a backend that vanished from the route: never linked again',
    seen: { ...SOAKING, traffic: route({ linked: false, weight: 0 }) },
    move: { kind: 'note', change: { kind: 'retreat', phase: 'retreating', why: { code: 'conflict' } } },
  },
  {
    name: 'a stable whose template somebody changed',
    seen: { ...SOAKING, stable: workload('shop', 'other', 4) },
    move: back('conflict'),
  },
  {
    name: 'a promotion that was undone twice',
    seen: serving({}, { reverted: 2 }),
    move: back('conflict'),
  },
  {
    name: 'a route that its controller refuses',
    seen: during(
      { shifts: pending(25) },
      { traffic: route({ accepted: false, refused: 'no such Service' }) },
    ),
    move: { kind: 'retreat-route', why: { reason: expect.stringContaining('no such Service') } },
  },
  {
    name: 'a canary that somebody deleted while it served',
    seen: { ...SOAKING, canary: undefined },
    move: back('conflict'),
  },
  {
    name: 'a canary that somebody changed while it served',
    seen: { ...SOAKING, canary: workload('shop-canary', 'other', 1) },
    move: back('conflict'),
  },
  {
    name: 'a canary that serves without a ready pod',
    seen: { ...SOAKING, canary: canary(1, { ready: 0, endpoints: 0 }) },
    move: back('not-ready'),
  },
  {
    name: 'a canary that somebody restarted while it served: its ready pods are not those that were made',
    seen: { ...SOAKING, canary: canary(1, { ready: 0, endpoints: 0, old: 1, settled: false }) },
    move: back('conflict'),
  },
  {
    name: 'pods that time will not mend',
    seen: { ...SOAKING, canary: canary(2, { ready: 1, trouble: ['ImagePullBackOff: app:2'] }) },
    move: { kind: 'retreat-route', why: { code: 'not-ready', reason: 'ImagePullBackOff: app:2' } },
  },
  {
    name: 'pods of the stable that time will not mend: the old template comes back first',
    seen: promoting({ stable: promotedStable({ settled: false, ready: 2, trouble: ['CrashLoopBackOff'] }) }),
    move: { kind: 'note', change: { kind: 'retreat', phase: 'restoring', why: { code: 'not-ready' } } },
  },
  {
    name: 'nobody answers while the stable rolls behind it: the old template comes back first',
    seen: promoting({
      stable: promotedStable({ settled: false, ready: 2, endpoints: 2 }),
      canary: canary(4, { ready: 0, endpoints: 0 }),
    }),
    move: { kind: 'note', change: { kind: 'retreat', phase: 'restoring', why: { code: 'not-ready' } } },
  },
  {
    name: 'nobody answers, and the stable is whole: it gets the route, which is quicker than any way back',
    seen: promoting({
      canary: canary(4, { ready: 0, endpoints: 0 }),
      verdict: { kind: 'pass', stage: 'stable' },
    }),
    move: { kind: 'shift', weight: 0 },
  },
]

const TOO_LATE: readonly Row[] = [
  {
    name: 'pods that do not become ready',
    seen: late(to50({ canary: canary(2, { ready: 1, endpoints: 1 }) }), 'scaling'),
    move: { kind: 'retreat-route', why: { code: 'timeout', reason: expect.stringContaining('1 of 2 pods') } },
  },
  {
    name: 'pods that the Service does not list',
    seen: late(to50({ canary: canary(2, { endpoints: 1 }) }), 'scaling'),
    move: back('timeout'),
  },
  {
    name: 'a weight that the route’s controller does not accept',
    seen: late(during({}, { traffic: route({ accepted: false }) }), 'soaking', {
      shifts: pending(25, LONG_AGO),
    }),
    move: back('timeout'),
  },
  {
    name: 'a stable that does not roll out',
    seen: late(promoting({ stable: promotedStable({ settled: false, ready: 2 }) }), 'promoting'),
    move: { kind: 'note', change: { kind: 'retreat', phase: 'restoring', why: { code: 'timeout' } } },
  },
  {
    name: 'a stable whose old pods do not go, which is said',
    seen: late(promoting({ stable: promotedStable({ settled: false, old: 2 }) }), 'promoting'),
    move: {
      kind: 'note',
      change: {
        kind: 'retreat',
        phase: 'restoring',
        why: {
          code: 'timeout',
          reason: expect.stringContaining('4 of 4 pods are ready, and 2 of the old ones are still there'),
        },
      },
    },
  },
  {
    name: 'a stable that the Service does not list',
    seen: late(promoting({ stable: promotedStable({ endpoints: 0 }) }), 'promoting'),
    move: { kind: 'note', change: { kind: 'retreat', phase: 'restoring', why: { code: 'timeout' } } },
  },
  {
    name: 'an earlier canary that does not go: nothing was given, nothing is taken back',
    seen: late(begun({ canary: canary(1, { deleting: true }) }), 'adopting'),
    move: { kind: 'failed', decision: 'failed', code: 'timeout' },
  },
  {
    name: 'a process that has just come waits anew',
    seen: to50(
      { canary: canary(2, { ready: 1, endpoints: 1 }) },
      { phase: { name: 'scaling', since: LONG_AGO } },
    ),
    move: { kind: 'await', what: 'canary-ready' },
  },
]

/** Taken back, and the route is. */
const returned = (over: Partial<CanarySight> = {}, flight: Partial<InFlight> = {}): CanarySight =>
  during(
    {
      retreat: TOOK_BACK,
      phase: { name: 'retreating', since: NOW - MINUTE },
      shifts: shifted(25, 0),
      ...flight,
    },
    {
      traffic: route({ weight: 0 }),
      ...over,
    },
  )
/** Taken back after promotion: the canary serves while the old template rolls out behind it. */
const grown = workload('shop', 'old', 8)

describe('a canary that grows with its stable while it is judged', () => {
  const passed = { stable: grown, verdict: { kind: 'pass', stage: '25' } } as const
  const starting = canary(2, { ready: 1, endpoints: 1 })
  test.each<Row>([
    {
      name: 'is scaled, and judged on',
      seen: during({}, { stable: grown }),
      move: { kind: 'scale-canary', replicas: 2 },
    },
    {
      name: 'has not passed before its new pods are ready',
      seen: during({}, { ...passed, canary: starting }),
      move: { kind: 'note', change: { kind: 'phase', name: 'scaling' } },
    },
    {
      name: 'is waited for',
      seen: during({ phase: { name: 'scaling', since: NOW } }, { ...passed, canary: starting }),
      move: { kind: 'await', what: 'canary-ready' },
    },
    {
      name: 'has passed when they are',
      seen: during({ phase: { name: 'scaling', since: NOW } }, { ...passed, canary: canary(2) }),
      move: { kind: 'note', change: { kind: 'passed', weight: 25 } },
    },
  ])('$name', ({ seen, move }) => {
    expect(decide(goalOf(), seen)).toMatchObject(move)
  })
})

const emptied = workload('shop', 'old', 0)

const EMPTIED: readonly Row[] = [
  {
    name: 'behind a canary is a conflict, and nobody is sent to pods that are not there',
    seen: during({}, { stable: emptied }),
    move: { kind: 'note', change: { kind: 'retreat', phase: 'restoring', why: { code: 'conflict' } } },
  },
  {
    name: 'without a router is the same',
    seen: during({}, { stable: emptied, traffic: REPLICAS }),
    move: { kind: 'note', change: { kind: 'retreat', phase: 'restoring', why: { code: 'conflict' } } },
  },
  {
    name: 'is waited for until somebody scales it up',
    seen: during(
      { retreat: TOOK_BACK, phase: { name: 'restoring', since: NOW - MINUTE } },
      { stable: emptied },
    ),
    move: { kind: 'await', what: 'stable-rolled-out' },
  },
  {
    name: 'for longer than the timeout ends as what it is',
    seen: during(
      { retreat: TOOK_BACK, phase: { name: 'restoring', since: LONG_AGO } },
      { stable: emptied, now: NOW + 60 * MINUTE },
    ),
    move: {
      kind: 'failed',
      code: 'retreat-failed',
      reason: expect.stringContaining('shop is scaled to 0'),
    },
  },
  {
    name: 'and is there again: the route goes back',
    seen: during({ retreat: TOOK_BACK, phase: { name: 'restoring', since: NOW - MINUTE } }),
    move: { kind: 'retreat-route' },
  },
  {
    name: 'behind a canary of which no pod answers: there is nobody to lose',
    seen: during({ retreat: TOOK_BACK }, { stable: emptied, canary: canary(1, { ready: 0, endpoints: 0 }) }),
    move: { kind: 'retreat-route' },
  },
  {
    name: 'during its promotion is not taken for rolled out',
    seen: promoting({ stable: promotedStable({ desired: 0, ready: 0, endpoints: 0, total: 0 }) }),
    move: { kind: 'await', what: 'stable-rolled-out' },
  },
]

describe('a stable that somebody scales to 0', () => {
  test.each(EMPTIED)('$name', ({ seen, move, goal }) => {
    expect(decide(goal ?? goalOf(), seen)).toMatchObject(move)
  })
})

const restoring = (over: Partial<CanarySight> = {}, flight: Partial<InFlight> = {}): CanarySight =>
  promoting(over, { retreat: TOOK_BACK, phase: { name: 'restoring', since: NOW - MINUTE }, ...flight })

const RETREAT: readonly Row[] = [
  {
    name: 'a retreat that has begun goes on, also when the gates pass again',
    seen: during({ retreat: TOOK_BACK }, { verdict: { kind: 'pass', stage: '25' } }),
    move: { kind: 'retreat-route', why: TOOK_BACK },
  },
  {
    name: 'a route that is back already is written down',
    seen: returned({}, { shifts: shifted(25) }),
    move: { kind: 'note', change: { kind: 'shift', weight: 0 } },
  },
  {
    name: 'the route back is accepted',
    seen: returned({ traffic: route({ weight: 0, accepted: false }) }, { shifts: pending(0) }),
    move: { kind: 'await', what: 'route-accepted' },
  },
  {
    name: 'the route back is proved',
    seen: returned({}, { shifts: pending(0) }),
    move: { kind: 'verify', weight: 0 },
  },
  {
    name: 'a route back that is never accepted says what may still serve',
    seen: late(returned({ traffic: route({ weight: 0, accepted: false }) }), 'retreating', {
      shifts: pending(0, LONG_AGO),
    }),
    move: { kind: 'failed', decision: 'failed', code: 'retreat-failed' },
  },
  {
    name: 'nothing is removed before the last requests have ended',
    seen: returned({}, { shifts: [{ weight: 0, at: NOW, verified: 'unobserved' }] }),
    move: { kind: 'drain', until: NOW + 30_000 },
  },
  {
    name: 'once the drain is over it goes on',
    seen: returned({}, { shifts: [{ weight: 0, at: NOW - 30_000, verified: 'unobserved' }] }),
    move: { kind: 'unlink' },
  },
  {
    name: 'what will be removed carries the fence first',
    seen: returned({ unstamped: ['Deployment/shop-canary'] }),
    move: { kind: 'stamp', object: 'Deployment/shop-canary' },
  },
  { name: 'the canary leaves the route', seen: returned(), move: { kind: 'unlink' } },
  {
    name: 'the canary goes',
    seen: returned({ traffic: route({ linked: false, weight: 0 }) }),
    move: { kind: 'delete-canary' },
  },
  {
    name: 'the minimum of the HPA is put back',
    seen: returned({ traffic: route({ linked: false, weight: 0 }), canary: canary(1, { deleting: true }) }),
    move: { kind: 'release-autoscaler', name: 'shop', min: 2 },
  },
  {
    name: 'the outcome is written down last',
    seen: returned({
      traffic: route({ linked: false, weight: 0 }),
      canary: undefined,
      autoscaler: { name: 'shop', min: 2, max: 10 },
    }),
    move: { kind: 'land', outcome: 'retreated' },
  },
  {
    name: 'after promotion: the old template rolls out behind a canary that answers, however few its pods',
    seen: restoring({
      stable: workload('shop', 'old', 4, { settled: false, ready: 2, endpoints: 2 }),
      canary: canary(4, { ready: 1, endpoints: 1 }),
    }),
    move: { kind: 'await', what: 'stable-rolled-out' },
  },
  {
    name: 'after promotion: the route is back at once when nobody answers and some of the stable is ready',
    seen: restoring({
      stable: workload('shop', 'old', 4, { settled: false, ready: 1, endpoints: 1 }),
      canary: canary(4, { ready: 0, endpoints: 0 }),
    }),
    move: { kind: 'retreat-route' },
  },
  {
    name: 'after promotion: nobody answers, and nothing of the stable would either',
    seen: restoring({
      stable: workload('shop', 'old', 4, { settled: false, ready: 0, endpoints: 0 }),
      canary: canary(4, { ready: 0, endpoints: 0 }),
    }),
    move: { kind: 'await', what: 'stable-rolled-out' },
  },
  {
    name: 'after promotion: a route that went back early is followed by nothing until the stable is whole',
    seen: restoring(
      {
        stable: workload('shop', 'old', 4, { settled: false, ready: 1, endpoints: 1 }),
        canary: canary(4, { ready: 0, endpoints: 0 }),
        traffic: route({ weight: 0 }),
      },
      { shifts: shifted(5, 25, 50, 100, 0) },
    ),
    move: { kind: 'await', what: 'stable-rolled-out' },
  },
  {
    name: 'after promotion: the objects carry the fence before the old template comes back, the route first',
    seen: restoring({
      traffic: route({ weight: 100, unstamped: ['HTTPRoute/shop'] }),
      unstamped: ['Deployment/shop'],
    }),
    move: { kind: 'stamp', object: 'HTTPRoute/shop' },
  },
  {
    name: 'after promotion: the old template comes back behind the canary',
    seen: restoring(),
    move: { kind: 'restore-stable' },
  },
  {
    name: 'after promotion: the old version is whole before it serves',
    seen: restoring({ stable: workload('shop', 'old', 4, { settled: false, ready: 2, old: 2 }) }),
    move: { kind: 'await', what: 'stable-rolled-out' },
  },
  {
    name: 'after promotion: the old version is in the EndpointSlices before it serves',
    seen: restoring({ stable: workload('shop', 'old', 4, { endpoints: 2 }) }),
    move: { kind: 'await', what: 'stable-endpoints' },
  },
  {
    name: 'after promotion: the route goes back to a whole old version',
    seen: restoring({ stable: workload('shop', 'old', 4) }),
    move: { kind: 'retreat-route', why: TOOK_BACK },
  },
  {
    name: 'after promotion: an old version that does not come back says what serves',
    seen: late(restoring({ stable: workload('shop', 'old', 4, { settled: false, ready: 0 }) }), 'restoring'),
    move: {
      kind: 'failed',
      decision: 'failed',
      code: 'retreat-failed',
      reason: expect.stringContaining('2 may still serve 100 %'),
    },
  },
  {
    name: 'a signal during the retreat: proved, and the rest is left',
    seen: returned({ cancelled: true }),
    move: { kind: 'failed', decision: 'cancelled', code: 'unhealthy' },
  },
  {
    name: 'a way back that is refused says what still serves',
    seen: { ...SOAKING, obstacle: { code: 'forbidden', reason: 'httproutes: patch', onTheWayBack: true } },
    move: {
      kind: 'failed',
      decision: 'failed',
      code: 'retreat-failed',
      reason: expect.stringMatching(/2 may still serve 25 %.*httproutes: patch/),
    },
  },
  {
    name: 'a way back that is refused says why it was taken back, too',
    seen: {
      ...SOAKING,
      verdict: { kind: 'fail', stage: '25', code: 'unhealthy', reason: 'the gate broke' },
      obstacle: { code: 'forbidden', reason: 'httproutes: patch', onTheWayBack: true },
    },
    move: {
      kind: 'failed',
      decision: 'failed',
      code: 'retreat-failed',
      reason: expect.stringMatching(/httproutes: patch\. It was taken back because the gate broke$/),
    },
  },
  {
    name: 'a refusal while tidying up a retreat says that the traffic is back',
    seen: returned({ obstacle: { code: 'forbidden', reason: 'deployments: delete', onTheWayBack: false } }),
    move: {
      kind: 'failed',
      decision: 'failed',
      code: 'retreat-failed',
      reason: expect.stringMatching(/traffic is back on 1.*deployments: delete/),
    },
  },
]

const OF_OTHERS: readonly Row[] = [
  {
    name: 'the canary of an older release leaves the traffic first',
    seen: during({ release: OTHER, run: OLDER }, { canary: workload('shop-canary', 'other', 1) }),
    move: { kind: 'retreat-route', why: { code: 'superseded' } },
  },
  {
    name: 'a promotion of an older release is finished, without gates that we do not know',
    seen: promoting(
      { stable: workload('shop', 'other', 4), canary: workload('shop-canary', 'other', 4) },
      { release: OTHER, run: OLDER },
    ),
    move: { kind: 'shift', weight: 0 },
  },
  {
    name: 'a promotion of an older release that does not roll out ends the step',
    seen: late(
      promoting({ stable: workload('shop', 'other', 4, { settled: false }) }, { release: OTHER, run: OLDER }),
      'promoting',
    ),
    move: { kind: 'failed', decision: 'failed', code: 'timeout' },
  },
  {
    name: 'a retreat that an older run began is ended before this version begins again',
    seen: returned({}, { run: OLDER }),
    move: { kind: 'unlink' },
  },
  {
    name: 'a refusal while clearing away ends the step',
    seen: during(
      { release: OTHER, run: OLDER },
      { obstacle: { code: 'forbidden', reason: 'httproutes: patch', onTheWayBack: false } },
    ),
    move: { kind: 'failed', decision: 'failed', code: 'forbidden' },
  },
  {
    name: 'cancelled with nothing of theirs in the traffic: theirs is left as it is',
    seen: during(
      { release: OTHER, run: OLDER, shifts: [], passed: [] },
      { cancelled: true, traffic: route({ weight: 0 }) },
    ),
    move: { kind: 'failed', decision: 'cancelled' },
  },
  {
    name: 'cancelled with their canary in the traffic, which nobody watches any more: out of it',
    seen: during({ release: OTHER, run: OLDER }, { cancelled: true }),
    move: { kind: 'retreat-route' },
  },
]

const ABORTING: readonly Row[] = [
  { name: 'nothing in flight', goal: ABORT, seen: IDLE, move: { kind: 'done', decision: 'aborted' } },
  {
    name: 'nothing in flight any more',
    goal: ABORT,
    seen: claimed,
    move: { kind: 'done', decision: 'aborted' },
  },
  {
    name: 'another run’s release is not ours to end',
    goal: ABORT,
    seen: { ...SOAKING, claim: { kind: 'free', state: { ...EMPTY, inFlight: { ...FLIGHT, run: NEWER } } } },
    move: { kind: 'done', decision: 'aborted' },
  },
  {
    name: 'what another run has taken up is not ours to end',
    goal: ABORT,
    seen: { ...SOAKING, claim: { kind: 'held', by: NEWER, state: { ...EMPTY, inFlight: FLIGHT } } },
    move: { kind: 'done', decision: 'aborted' },
  },
  {
    name: 'a rollback pre-empts another run’s release',
    goal: { ...ABORT, preempt: true },
    seen: {
      ...SOAKING,
      claim: { kind: 'held', by: NEWER, state: { ...EMPTY, inFlight: { ...FLIGHT, run: NEWER } } },
    },
    move: { kind: 'claim' },
  },
  {
    name: 'our own release is claimed',
    goal: ABORT,
    seen: { ...SOAKING, claim: { kind: 'free', state: { ...EMPTY, inFlight: FLIGHT } } },
    move: { kind: 'claim' },
  },
  {
    name: 'our own release is taken back',
    goal: ABORT,
    seen: SOAKING,
    move: { kind: 'retreat-route', why: { code: 'cancelled', reason: 'the step was cancelled' } },
  },
  {
    name: 'a promoted release that serves is tidied up',
    goal: ABORT,
    seen: home(),
    move: { kind: 'unlink' },
  },
  {
    name: 'a release that is being promoted is taken back, the old template first',
    goal: ABORT,
    seen: promoting(),
    move: { kind: 'note', change: { kind: 'retreat', phase: 'restoring' } },
  },
  {
    name: 'a refusal ends it',
    goal: ABORT,
    seen: { ...SOAKING, obstacle: { code: 'forbidden', reason: 'httproutes: patch', onTheWayBack: false } },
    move: { kind: 'failed', decision: 'failed', code: 'forbidden' },
  },
]

const TABLES = {
  'before the claim': BEFORE,
  'once claimed': BEGINNING,
  'on the walk': WALK,
  'by replicas': BY_REPLICAS,
  'on promotion': PROMOTION,
  'is taken back for': REASONS,
  'is taken back, or ends, when too late:': TOO_LATE,
  'on the way back': RETREAT,
  'with a release of others in flight': OF_OTHERS,
  'when asked to abort': ABORTING,
} as const

describe.each(Object.entries(TABLES))('a canary %s', (_, rows) => {
  test.each(rows)('$name', ({ seen, move, goal }) => {
    const decided = decide(goal ?? goalOf(), seen)
    expect(decided).toMatchObject(move)
    expect(decide(goal ?? goalOf(), structuredClone(seen))).toEqual(decided)
  })
})

// ——— at a glance ———

const QUESTIONS = Object.values(TABLES).flatMap((rows: readonly Row[]) =>
  rows.flatMap(({ name, seen, goal = goalOf() }) => (goal.kind === 'release' ? [{ name, seen, goal }] : [])),
)

test('what a glance takes for live, a whole look leaves unchanged, and nothing is in flight', () => {
  const live = QUESTIONS.filter(({ seen, goal }) => isAlreadyLive(goal, seen))
  expect(live.map(({ name }) => name)).toContain('what runs already is unchanged')
  for (const { seen, goal } of live) {
    expect(decide(goal, seen)).toEqual({ kind: 'done', decision: 'unchanged' })
    expect(seen.claim.state.inFlight).toBeUndefined()
  }
})

test.each<[string, Partial<CanarySight>]>([
  ['another process of ours holds the claim', { claim: ours(undefined) }],
  ['a newer run has released', { claim: { kind: 'free', state: { ...EMPTY, live: liveByNewer } } }],
  ['a release is in flight', { claim: { kind: 'free', state: { ...EMPTY, inFlight: FLIGHT } } }],
  ['the stable is being rolled out', { stable: promotedStable({ settled: false }) }],
  ['the stable runs something else', { stable: workload('shop', 'old', 4) }],
  ['a canary is left over', { canary: canary(1) }],
  ['the canary is still in the route', { traffic: route({ linked: true, weight: 0 }) }],
])('a glance takes nothing for live when %s', (_, seen) => {
  expect(isAlreadyLive(goalOf(), { ...IDLE, stable: promotedStable(), ...seen })).toBe(false)
})

// ——— nothing is left out ———

type Names<M> = M extends { kind: 'await'; what: infer What extends string }
  ? `await ${What}`
  : M extends { kind: 'note'; change: { kind: infer Note extends string } }
    ? `note ${Note}`
    : M extends { kind: 'done' | 'failed'; decision: infer Decision extends string }
      ? `${M['kind']} ${Decision}`
      : M extends { kind: 'land'; outcome: infer Outcome extends string }
        ? `land ${Outcome}`
        : M extends { kind: infer Kind extends string }
          ? Kind
          : never
type NotesOf<M> = M extends { kind: 'note'; change: infer Change }
  ? Change extends unknown
    ? { kind: 'note'; change: Change }
    : never
  : M

/** Every move by name: a new one does not compile until it is here, and does not pass until a row expects it. */
const EVERY: Readonly<Record<Names<NotesOf<CanaryMove>>, true>> = {
  claim: true,
  stamp: true,
  begin: true,
  'note phase': true,
  'note shift': true,
  'note passed': true,
  'note retreat': true,
  'note reverted': true,
  'hold-autoscaler': true,
  'apply-canary': true,
  'scale-canary': true,
  link: true,
  shift: true,
  'promote-stable': true,
  'retreat-route': true,
  'restore-stable': true,
  unlink: true,
  'delete-canary': true,
  'release-autoscaler': true,
  'land promoted': true,
  'land retreated': true,
  'await canary-ready': true,
  'await canary-endpoints': true,
  'await canary-gone': true,
  'await route-accepted': true,
  'await stable-rolled-out': true,
  'await stable-endpoints': true,
  verify: true,
  judge: true,
  drain: true,
  'done advanced': true,
  'done promoted': true,
  'done unchanged': true,
  'done aborted': true,
  'failed retreated': true,
  'failed held': true,
  'failed failed': true,
  'failed cancelled': true,
  stopped: true,
}

function nameOf(move: CanaryMove): string {
  switch (move.kind) {
    case 'await':
      return `await ${move.what}`
    case 'note':
      return `note ${move.change.kind}`
    case 'done':
    case 'failed':
      return `${move.kind} ${move.decision}`
    case 'land':
      return `land ${move.outcome}`
    default:
      return move.kind
  }
}

test('every move of the union is the answer to some row', () => {
  const rows: readonly Row[] = Object.values(TABLES).flat()
  const decided = new Set(rows.map(({ goal, seen }) => nameOf(decide(goal ?? goalOf(), seen))))
  expect([...decided].sort()).toEqual(Object.keys(EVERY).sort())
})
