import { describe, expect, test } from '@jest/globals'
import {
  decide,
  decideSwitch,
  isAlreadySwitched,
  type BlueGreenGoal,
  type BlueGreenMove,
  type BlueGreenSight,
  type Landed,
} from '../../src/index.ts'
import { FLIGHT as CANARY_FLIGHT, IDLE } from '../canary/sights.ts'
import { goalOf as canaryGoal } from '../canary/world.ts'
import {
  ADOPTED,
  adopting,
  before,
  COLORS_LEFT,
  during,
  FLIGHT,
  JUDGING,
  LONG_AGO,
  made,
  MINUTE,
  named,
  NEWER,
  NOW,
  OLDER,
  ours,
  PLAIN,
  SOAKING,
  TOOK_BACK,
  US,
  warmAgain,
} from './sights.ts'
import { abortOf, goalOf as switchGoal, NEW, OLD, OTHER, THIRD, workload } from './world.ts'

/** One decision: what is seen, and the move that must follow (the fields that matter of it). */
interface Row {
  readonly name: string
  readonly seen: BlueGreenSight
  readonly move: Expected
  readonly goal?: BlueGreenGoal
}

interface Expected {
  readonly kind: BlueGreenMove['kind']
  readonly [field: string]: unknown
}

const goalOf = (over: Parameters<typeof switchGoal>[0] = {}): ReturnType<typeof switchGoal> =>
  switchGoal({ release: THIRD, run: US, ...over })
const same = goalOf({ release: NEW })
const rollback = goalOf({ preempt: true })
const EMPTY = PLAIN.claim.state
const landed = (over: Partial<Landed> = {}): Landed => ({
  release: THIRD,
  run: US,
  deployment: 42,
  outcome: 'promoted',
  why: undefined,
  at: NOW,
  ...over,
})
const held = { kind: 'held', by: NEWER, state: EMPTY } as const

const BEFORE: readonly Row[] = [
  { name: 'a workload on which nobody works is claimed', seen: PLAIN, move: { kind: 'claim' } },
  {
    name: 'what serves already is unchanged',
    goal: same,
    seen: ADOPTED,
    move: { kind: 'done', decision: 'unchanged' },
  },
  {
    name: 'what serves already, with a colour past its keep, is claimed to be tidied up',
    goal: same,
    seen: { ...ADOPTED, now: NOW + 31 * MINUTE },
    move: { kind: 'claim' },
  },
  {
    name: 'what serves already, beside others in the endpoints, is claimed',
    goal: same,
    seen: { ...ADOPTED, switch: { ...ADOPTED.switch, endpoints: { own: 1, blue: 0, green: 4 } } },
    move: { kind: 'claim' },
  },
  {
    name: 'what serves already, with an HPA on the own Deployment, is claimed',
    goal: same,
    seen: { ...ADOPTED, followers: PLAIN.followers },
    move: { kind: 'claim' },
  },
  {
    name: 'superseded by a newer run that holds the claim',
    seen: { ...PLAIN, claim: held },
    move: { kind: 'stopped', by: NEWER },
  },
  {
    name: 'superseded by a newer run whose switch is in flight',
    seen: {
      ...SOAKING,
      claim: { kind: 'free', state: { ...EMPTY, switching: { ...FLIGHT, run: NEWER, release: OTHER } } },
    },
    move: { kind: 'stopped', by: NEWER },
  },
  {
    name: 'superseded by a newer run whose release is live',
    seen: {
      ...ADOPTED,
      claim: { kind: 'free', state: { ...EMPTY, live: landed({ run: NEWER, release: OTHER }) } },
    },
    move: { kind: 'stopped', by: NEWER },
  },
  {
    name: 'allow-older takes the claim of a newer run',
    goal: goalOf({ allowOlder: true }),
    seen: { ...PLAIN, claim: held },
    move: { kind: 'claim' },
  },
  {
    name: 'a rollback takes the claim of a newer run',
    goal: rollback,
    seen: { ...PLAIN, claim: held },
    move: { kind: 'claim' },
  },
  {
    name: 'a canary in flight is a conflict, and nothing is touched',
    seen: { ...PLAIN, claim: { kind: 'free', state: { ...EMPTY, inFlight: CANARY_FLIGHT } } },
    goal: goalOf({ allowOlder: true }),
    move: { kind: 'failed', decision: 'failed', code: 'conflict' },
  },
  {
    name: 'a colour that serves is refused',
    goal: goalOf({ color: 'green' }),
    seen: ADOPTED,
    move: { kind: 'failed', decision: 'failed', code: 'invalid-input' },
  },
  {
    name: 'cancelled before anything of it was changed',
    seen: { ...ADOPTED, cancelled: true },
    move: { kind: 'failed', decision: 'cancelled', code: 'cancelled' },
  },
  {
    name: 'a claim that was lost stops it',
    seen: { ...SOAKING, claim: { kind: 'lost', to: NEWER, state: EMPTY } },
    move: { kind: 'stopped', by: NEWER },
  },
  {
    name: 'abort, with nothing in flight, is done',
    goal: abortOf(),
    seen: ADOPTED,
    move: { kind: 'done', decision: 'aborted' },
  },
  {
    name: "abort leaves another run's release alone",
    goal: abortOf({ run: OLDER }),
    seen: { ...SOAKING, claim: { kind: 'free', state: { ...EMPTY, switching: FLIGHT } } },
    move: { kind: 'done', decision: 'aborted' },
  },
  {
    name: 'abort that pre-empts claims it',
    goal: abortOf({ run: NEWER, preempt: true }),
    seen: { ...SOAKING, claim: { kind: 'held', by: US, state: { ...EMPTY, switching: FLIGHT } } },
    move: { kind: 'claim' },
  },
]

const BEGIN: readonly Row[] = [
  {
    name: 'what was landed in this process is switched',
    seen: { ...ADOPTED, claim: ours(undefined, { last: landed() }) },
    move: { kind: 'done', decision: 'switched' },
  },
  {
    name: 'what was taken back in this process is retreated, with its reason',
    seen: { ...ADOPTED, claim: ours(undefined, { last: landed({ outcome: 'retreated', why: TOOK_BACK }) }) },
    move: { kind: 'failed', decision: 'retreated', code: 'unhealthy', reason: 'too many errors' },
  },
  {
    name: 'the key that somebody took out comes back first',
    seen: {
      ...ADOPTED,
      claim: ours(undefined),
      switch: { ...ADOPTED.switch, to: 'own', endpoints: { own: 4, blue: 4, green: 4 } },
    },
    move: { kind: 'switch', to: 'green', why: 'mend' },
  },
  {
    name: 'what serves is stamped first',
    seen: {
      ...ADOPTED,
      claim: ours(undefined),
      switch: { ...ADOPTED.switch, unstamped: ['Service/shop'] },
      unstamped: ['Deployment/shop'],
    },
    move: { kind: 'stamp', object: 'Service/shop' },
  },
  {
    name: 'what serves must be rolled out',
    seen: {
      ...PLAIN,
      claim: { ...ours(undefined, { colors: undefined }), kind: 'ours', fence: 3, since: NOW },
      own: workload('shop', 'old', 4, { ready: 3, settled: false }),
    },
    move: { kind: 'await', what: 'live-rolled-out', until: NOW + 10 * MINUTE },
  },
  {
    name: 'what serves did not roll out in time',
    seen: {
      ...PLAIN,
      claim: ours(undefined, { colors: undefined }),
      own: workload('shop', 'old', 4, { ready: 3, settled: false }),
    },
    move: { kind: 'failed', decision: 'failed', code: 'not-ready' },
  },
  {
    name: 'a rollback does not wait for what it takes back',
    goal: rollback,
    seen: {
      ...ADOPTED,
      claim: ours(undefined),
      green: workload('shop-green', 'new', 4, { ready: 0, settled: false }),
    },
    move: { kind: 'begin' },
  },
  {
    name: 'whole and stamped, it begins',
    seen: { ...ADOPTED, claim: ours(undefined) },
    move: { kind: 'begin' },
  },
  {
    name: 'the colour past its keep goes',
    goal: same,
    seen: { ...ADOPTED, claim: ours(undefined, { colors: COLORS_LEFT }), now: NOW + 31 * MINUTE },
    move: { kind: 'scale', owner: 'blue', replicas: 0 },
  },
  {
    name: 'and the Lease says so',
    goal: same,
    seen: {
      ...ADOPTED,
      claim: ours(undefined, { colors: COLORS_LEFT }),
      now: NOW + 31 * MINUTE,
      blue: workload('shop-blue', 'old', 0),
    },
    move: { kind: 'forget-warm' },
  },
  {
    name: 'what somebody else gave everything is what the Lease says from then on',
    goal: same,
    seen: { ...ADOPTED, claim: ours(undefined, { colors: { live: 'blue', warm: undefined } }) },
    move: { kind: 'note', change: { kind: 'switched', to: 'green' } },
  },
  {
    name: 'an HPA follows again',
    goal: same,
    seen: { ...ADOPTED, claim: ours(undefined), followers: PLAIN.followers },
    move: { kind: 'follow', object: 'HorizontalPodAutoscaler/shop', to: 'green' },
  },
]

/** The claim is ours, but the Lease was deleted before: it says nothing. */
const FORGOTTEN: BlueGreenSight = { ...ADOPTED, claim: ours(undefined, { colors: undefined }) }

const FORGOTTEN_LEASE: readonly Row[] = [
  {
    name: 'is claimed although the release that is asked for serves: whether it was judged is not known',
    goal: same,
    seen: { ...ADOPTED, claim: { kind: 'free', state: EMPTY } },
    move: { kind: 'claim' },
  },
  { name: 'is taken up where it serves', goal: same, seen: FORGOTTEN, move: { kind: 'begin' } },
  {
    name: 'with nothing to go back to is a conflict, and never unchanged',
    goal: same,
    seen: { ...FORGOTTEN, blue: undefined },
    move: { kind: 'failed', decision: 'failed', code: 'conflict', reason: expect.stringContaining('Lease') },
  },
  {
    name: 'of what a rollback is to restore is nothing to judge',
    goal: goalOf({ release: NEW, preempt: true }),
    seen: FORGOTTEN,
    move: { kind: 'note', change: { kind: 'switched', to: 'green' } },
  },
  { name: 'is no obstacle to another release', seen: FORGOTTEN, move: { kind: 'begin' } },
]

const FIRST: readonly Row[] = [
  {
    name: 'makes a colour of what serves',
    seen: adopting({}),
    move: { kind: 'apply-color', color: 'blue', content: 'base', replicas: 4 },
  },
  {
    name: 'follows the own Deployment when it grows',
    seen: adopting({}, { own: workload('shop', 'old', 6), blue: workload('shop-blue', 'old', 4) }),
    move: { kind: 'scale', owner: 'blue', replicas: 6 },
  },
  {
    name: 'waits until the Service lists the copy',
    seen: adopting({}, { blue: workload('shop-blue', 'old', 4) }),
    move: { kind: 'await', what: 'color-endpoints' },
  },
  {
    name: 'switches to the copy when all of it is ready and listed',
    seen: adopting(
      {},
      {
        blue: workload('shop-blue', 'old', 4),
        switch: named({ to: 'own', endpoints: { own: 4, blue: 4, green: 0 } }),
      },
    ),
    move: { kind: 'switch', to: 'blue', why: 'adopt' },
  },
  {
    name: 'notes an adoption that a killed process made',
    seen: adopting(
      {},
      {
        blue: workload('shop-blue', 'old', 4),
        switch: named({ to: 'blue', endpoints: { own: 0, blue: 4, green: 0 } }),
      },
    ),
    move: { kind: 'note', change: { kind: 'switched', to: 'blue' } },
  },
  {
    name: 'waits until only the copy is in the endpoints',
    seen: adopting(
      { switches: [made('blue', { verified: 'pending', at: NOW })] },
      { blue: workload('shop-blue', 'old', 4), switch: named({ endpoints: { own: 4, blue: 4, green: 0 } }) },
    ),
    move: { kind: 'await', what: 'switch-endpoints' },
  },
  {
    name: 'drains the own Deployment before it goes',
    seen: adopting(
      { switches: [made('blue', { at: NOW - 5_000 })] },
      { blue: workload('shop-blue', 'old', 4), switch: named({}), followers: SOAKING.followers },
    ),
    move: { kind: 'drain', until: NOW + 25_000 },
  },
  {
    name: 'scales the own Deployment down',
    seen: adopting(
      { switches: [made('blue')] },
      { blue: workload('shop-blue', 'old', 4), switch: named({}), followers: SOAKING.followers },
    ),
    move: { kind: 'scale', owner: 'own', replicas: 0 },
  },
  {
    name: 'taken back before the key is set, takes the copy down and leaves the own Deployment',
    seen: adopting(
      { retreat: TOOK_BACK, phase: { name: 'retreating', since: NOW } },
      { blue: workload('shop-blue', 'old', 4) },
    ),
    move: { kind: 'scale', owner: 'blue', replicas: 0 },
  },
]

const IDLE_COLOR: readonly Row[] = [
  {
    name: 'forgets that it was warm before its pods go',
    seen: before(
      { phase: { name: 'clearing', since: NOW } },
      {
        blue: workload('shop-blue', 'old', 4),
        claim: {
          ...ours(
            { ...FLIGHT, switches: [], passed: [], phase: { name: 'clearing', since: NOW } },
            { colors: COLORS_LEFT },
          ),
        },
      },
    ),
    move: { kind: 'forget-warm' },
  },
  {
    name: 'takes down what it had before',
    seen: before({ phase: { name: 'clearing', since: NOW } }, { blue: workload('shop-blue', 'old', 4) }),
    move: { kind: 'scale', owner: 'blue', replicas: 0 },
  },
  {
    name: 'waits until its earlier pods are gone',
    seen: before(
      { phase: { name: 'clearing', since: NOW } },
      { blue: workload('shop-blue', 'old', 0, { total: 2 }) },
    ),
    move: { kind: 'await', what: 'color-gone' },
  },
  {
    name: 'gets the new version, as many pods as serve',
    seen: before(
      { phase: { name: 'clearing', since: NOW } },
      { blue: workload('shop-blue', 'old', 0), green: workload('shop-green', 'new', 6) },
    ),
    move: { kind: 'apply-color', color: 'blue', content: 'release', replicas: 6 },
  },
  {
    name: 'gets a Service of its own',
    seen: before(
      { phase: { name: 'clearing', since: NOW } },
      { switch: { ...ADOPTED.switch, linked: false } },
    ),
    move: { kind: 'link' },
  },
  {
    name: 'is deploying once that is there',
    seen: before({ phase: { name: 'clearing', since: NOW } }),
    move: { kind: 'note', change: { kind: 'phase', name: 'deploying' } },
  },
  {
    name: 'is waited for',
    seen: before(
      { phase: { name: 'deploying', since: NOW } },
      { blue: workload('shop-blue', 'third', 4, { ready: 3 }) },
    ),
    move: { kind: 'await', what: 'color-ready', until: NOW + 10 * MINUTE },
  },
  { name: 'is judged', seen: JUDGING, move: { kind: 'judge', stage: 'pre-switch' } },
  {
    name: 'has passed',
    seen: { ...JUDGING, verdict: { kind: 'pass', stage: 'pre-switch' } },
    move: { kind: 'note', change: { kind: 'passed', stage: 'pre-switch' } },
  },
  {
    name: 'grows with what serves before it is switched to',
    seen: before(
      { passed: ['pre-switch'], phase: { name: 'switching', since: NOW } },
      { green: workload('shop-green', 'new', 6) },
    ),
    move: { kind: 'scale', owner: 'blue', replicas: 6 },
  },
  {
    name: 'is not switched to while a pod is missing',
    seen: before(
      { passed: ['pre-switch'], phase: { name: 'switching', since: NOW } },
      { blue: workload('shop-blue', 'third', 4, { ready: 3 }) },
    ),
    move: { kind: 'await', what: 'color-ready' },
  },
  {
    name: 'is switched to',
    seen: before({ passed: ['pre-switch'], phase: { name: 'switching', since: NOW } }),
    move: { kind: 'switch', to: 'blue', why: 'release' },
  },
  {
    name: 'of a rollback is switched to at once, with no Service of its own and unjudged',
    goal: rollback,
    seen: before(
      { preempt: true, phase: { name: 'switching', since: NOW } },
      {
        switch: { ...ADOPTED.switch, linked: false },
        blue: workload('shop-blue', 'third', 4, { endpoints: 0 }),
      },
    ),
    move: { kind: 'switch', to: 'blue', why: 'release' },
  },
  {
    name: 'of a rollback, warm with a pod in four missing, has five seconds to be whole',
    goal: goalOf({ preempt: true, release: OLD }),
    seen: warmAgain({ since: NOW }),
    move: { kind: 'await', what: 'color-ready', until: NOW + 5_000 },
  },
  {
    name: 'of a rollback, warm, then gets everything with what it has',
    goal: goalOf({ preempt: true, release: OLD }),
    seen: warmAgain({ since: NOW - 5_000 }),
    move: { kind: 'switch', to: 'blue', why: 'release' },
  },
  {
    name: 'of a rollback, cold, is waited for until it is whole',
    goal: rollback,
    seen: before(
      { preempt: true, since: NOW - 5 * MINUTE, phase: { name: 'switching', since: NOW } },
      { blue: workload('shop-blue', 'third', 4, { ready: 3 }) },
    ),
    move: { kind: 'await', what: 'color-ready', until: NOW + 10 * MINUTE },
  },
  {
    name: 'fails its gates: the retreat is noted, and nothing is switched',
    seen: {
      ...JUDGING,
      verdict: { kind: 'fail', stage: 'pre-switch', code: 'unhealthy', reason: 'too slow' },
    },
    move: { kind: 'note', change: { kind: 'retreat', why: { code: 'unhealthy', reason: 'too slow' } } },
  },
  {
    name: 'cannot start: the reason is the pods own',
    seen: before(
      { phase: { name: 'deploying', since: NOW } },
      { blue: workload('shop-blue', 'third', 4, { ready: 0, trouble: ['ImagePullBackOff: no such image'] }) },
    ),
    move: {
      kind: 'note',
      change: { kind: 'retreat', why: { code: 'not-ready', reason: 'ImagePullBackOff: no such image' } },
    },
  },
  {
    name: 'is held where asked',
    goal: goalOf({ onFailure: 'hold' }),
    seen: {
      ...JUDGING,
      verdict: { kind: 'fail', stage: 'pre-switch', code: 'unhealthy', reason: 'too slow' },
    },
    move: {
      kind: 'failed',
      decision: 'held',
      reason: expect.stringContaining('blue colour is left for inspection'),
    },
  },
  {
    name: 'edited by somebody else is a conflict',
    seen: before({}, { blue: workload('shop-blue', 'foreign', 4) }),
    move: { kind: 'note', change: { kind: 'retreat', why: { code: 'conflict' } } },
  },
]

const SWITCHED: readonly Row[] = [
  {
    name: 'waits for the route to be accepted',
    seen: during(
      { switches: [made('blue', { verified: 'pending', at: NOW })] },
      { switch: named({ kind: 'route', accepted: false }) },
    ),
    move: { kind: 'await', what: 'switch-accepted' },
  },
  {
    name: 'is proved once only its endpoints are left',
    seen: during({ switches: [made('blue', { verified: 'pending', at: NOW })] }),
    move: { kind: 'verify', to: 'blue' },
  },
  {
    name: 'is taken back when the endpoints do not follow',
    seen: during(
      { switches: [made('blue', { verified: 'pending' })] },
      { switch: named({ endpoints: { own: 0, blue: 4, green: 1 } }) },
    ),
    move: { kind: 'switch-back', to: 'green', why: { code: 'timeout' } },
  },
  {
    name: 'takes the HPA along',
    seen: during({}, { followers: ADOPTED.followers }),
    move: { kind: 'follow', object: 'HorizontalPodAutoscaler/shop', to: 'blue' },
  },
  {
    name: 'keeps what a way back needs',
    seen: during({}, { green: workload('shop-green', 'new', 1) }),
    move: { kind: 'scale', owner: 'green', replicas: 4 },
  },
  { name: 'is judged', seen: SOAKING, move: { kind: 'judge', stage: 'post-switch', soak: MINUTE } },
  {
    name: 'has passed',
    seen: { ...SOAKING, verdict: { kind: 'pass', stage: 'post-switch' } },
    move: { kind: 'note', change: { kind: 'passed', stage: 'post-switch' } },
  },
  {
    name: 'lands',
    seen: during({ passed: ['pre-switch', 'post-switch'] }),
    move: { kind: 'land', outcome: 'promoted' },
  },
  {
    name: 'keeping nothing, takes the old colour down before it lands',
    seen: during({ passed: ['pre-switch', 'post-switch'], keep: 0 }),
    move: { kind: 'scale', owner: 'green', replicas: 0 },
  },
  {
    name: "takes the user's own Deployment down where it was applied again",
    seen: during({ passed: ['pre-switch', 'post-switch'] }, { own: workload('shop', 'old', 4) }),
    move: { kind: 'scale', owner: 'own', replicas: 0 },
  },
  {
    name: 'cancelled when it has passed, it serves on',
    seen: during({ passed: ['pre-switch', 'post-switch'] }, { cancelled: true }),
    move: { kind: 'failed', decision: 'cancelled', code: 'cancelled' },
  },
  {
    name: 'cancelled while it soaks, it is switched back at once',
    seen: { ...SOAKING, cancelled: true },
    move: { kind: 'switch-back', to: 'green', why: { code: 'cancelled' } },
  },
  {
    name: 'fails its gates: switched back',
    seen: {
      ...SOAKING,
      verdict: { kind: 'fail', stage: 'post-switch', code: 'unhealthy', reason: 'too slow' },
    },
    move: { kind: 'switch-back', to: 'green', why: { code: 'unhealthy', reason: 'too slow' } },
  },
  {
    name: 'restarted by somebody else while it serves: a conflict, also where its earlier pods are ready',
    seen: { ...SOAKING, blue: workload('shop-blue', 'third', 4, { ready: 0, old: 4, settled: false }) },
    move: { kind: 'switch-back', to: 'green', why: { code: 'conflict' } },
  },
  {
    name: 'without a ready pod it is switched back',
    seen: { ...SOAKING, blue: workload('shop-blue', 'third', 4, { ready: 0, settled: false }) },
    move: { kind: 'switch-back', to: 'green', why: { code: 'not-ready' } },
  },
  {
    name: 'held where asked, it goes on serving',
    goal: goalOf({ onFailure: 'hold' }),
    seen: {
      ...SOAKING,
      verdict: { kind: 'fail', stage: 'post-switch', code: 'unhealthy', reason: 'too slow' },
    },
    move: { kind: 'failed', decision: 'held', reason: expect.stringContaining('goes on serving') },
  },
  {
    name: 'refused on the way forward, it is switched back',
    seen: { ...SOAKING, obstacle: { code: 'forbidden', reason: 'no patch', onTheWayBack: false } },
    move: { kind: 'switch-back', to: 'green', why: { code: 'forbidden' } },
  },
  {
    name: 'tampered with is a conflict',
    seen: { ...SOAKING, switch: named({ tampered: 'another key was added' }) },
    move: { kind: 'switch-back', to: 'green', why: { code: 'conflict', reason: 'another key was added' } },
  },
  {
    name: "somebody else's hand on the switch is a conflict, and is not undone",
    seen: { ...SOAKING, switch: ADOPTED.switch },
    move: { kind: 'note', change: { kind: 'retreat', why: { code: 'conflict' } } },
  },
  {
    name: 'the key taken out comes back to what serves by our doing',
    seen: { ...SOAKING, switch: named({ to: 'own', endpoints: { own: 0, blue: 4, green: 4 } }) },
    move: { kind: 'switch', to: 'blue', why: 'mend' },
  },
  {
    name: 'the key taken out a third time is a conflict',
    seen: during({ reverted: 2 }, { switch: named({ to: 'own', endpoints: { own: 0, blue: 4, green: 4 } }) }),
    move: { kind: 'note', change: { kind: 'retreat', why: { code: 'conflict' } } },
  },
  {
    name: "another run's, with the same release, is taken up",
    goal: goalOf({ run: NEWER }),
    seen: SOAKING,
    move: { kind: 'begin' },
  },
  {
    name: 'of another release that has not passed, it is switched back first',
    goal: goalOf({ run: NEWER, release: OTHER }),
    seen: SOAKING,
    move: { kind: 'switch-back', to: 'green', why: { code: 'superseded' } },
  },
  {
    name: 'of another release that has passed, it is landed first',
    goal: goalOf({ run: NEWER, release: OTHER }),
    seen: during({ passed: ['pre-switch', 'post-switch'] }),
    move: { kind: 'land', outcome: 'promoted' },
  },
]

const BACK: readonly Row[] = [
  {
    name: 'gives what served before five seconds for a pod in four that is missing',
    seen: during(
      { retreat: { ...TOOK_BACK, at: NOW }, phase: { name: 'retreating', since: NOW } },
      { green: workload('shop-green', 'new', 4, { ready: 3 }) },
    ),
    move: { kind: 'await', what: 'base-ready', until: NOW + 5_000 },
  },
  {
    name: 'gives it fifteen for three of them: one alone would be overrun',
    seen: during(
      { retreat: { ...TOOK_BACK, at: NOW - 14_000 }, phase: { name: 'retreating', since: NOW - 14_000 } },
      { green: workload('shop-green', 'new', 4, { ready: 1 }) },
    ),
    move: { kind: 'await', what: 'base-ready', until: NOW + 1_000 },
  },
  {
    name: 'then goes back to what is there',
    seen: during(
      { retreat: { ...TOOK_BACK, at: NOW - 5_000 }, phase: { name: 'retreating', since: NOW - 5_000 } },
      { green: workload('shop-green', 'new', 4, { ready: 3 }) },
    ),
    move: { kind: 'switch-back', to: 'green' },
  },
  {
    name: 'brings what served before up first where it was scaled down',
    seen: during(
      { retreat: { ...TOOK_BACK, at: NOW }, phase: { name: 'retreating', since: NOW } },
      { green: workload('shop-green', 'new', 2) },
    ),
    move: { kind: 'scale', owner: 'green', replicas: 4 },
  },
  {
    name: 'after a signal does not wait for two seconds',
    seen: during(
      { retreat: { ...TOOK_BACK, at: NOW }, phase: { name: 'retreating', since: NOW } },
      { green: workload('shop-green', 'new', 4, { ready: 1 }), cancelled: true },
    ),
    move: { kind: 'await', what: 'base-ready', until: NOW + 1_125 },
  },
  {
    name: 'after a signal leaves it to post where there is nothing to go back to',
    seen: during(
      {
        retreat: { ...TOOK_BACK, code: 'cancelled', at: NOW },
        phase: { name: 'retreating', since: NOW },
      },
      { green: workload('shop-green', 'new', 4, { ready: 0 }), cancelled: true },
    ),
    move: { kind: 'failed', decision: 'cancelled' },
  },
  {
    name: 'waits where no pod of what served before is ready',
    seen: during(
      { retreat: TOOK_BACK, phase: { name: 'retreating', since: NOW } },
      { green: workload('shop-green', 'new', 4, { ready: 0 }) },
    ),
    move: { kind: 'await', what: 'base-ready', until: NOW + 10 * MINUTE },
  },
  {
    name: 'is given up, and says so, when none ever comes',
    seen: during(
      { retreat: TOOK_BACK, phase: { name: 'retreating', since: LONG_AGO } },
      { green: workload('shop-green', 'new', 4, { ready: 0 }) },
    ),
    move: {
      kind: 'failed',
      decision: 'failed',
      code: 'retreat-failed',
      reason: expect.stringContaining('3 (blue) still serves'),
    },
  },
  {
    name: 'does not wait where nothing of the new version is ready',
    seen: during(
      { retreat: TOOK_BACK },
      {
        blue: workload('shop-blue', 'third', 4, { ready: 0 }),
        green: workload('shop-green', 'new', 4, { ready: 1 }),
      },
    ),
    move: { kind: 'switch-back', to: 'green' },
  },
  {
    name: 'is proved',
    seen: during(
      { retreat: TOOK_BACK, switches: [made('blue'), made('green', { verified: 'pending', at: NOW })] },
      { switch: ADOPTED.switch },
    ),
    move: { kind: 'verify', to: 'green' },
  },
  {
    name: 'cancelled, ends with the proof: the rest is for post',
    seen: during(
      { retreat: { ...TOOK_BACK, code: 'cancelled' }, switches: [made('blue'), made('green')] },
      { switch: ADOPTED.switch, cancelled: true },
    ),
    move: { kind: 'failed', decision: 'cancelled' },
  },
  {
    name: 'drains the new version',
    seen: during(
      {
        retreat: TOOK_BACK,
        phase: { name: 'retreating', since: NOW },
        switches: [made('blue'), made('green', { at: NOW })],
      },
      { switch: ADOPTED.switch, followers: ADOPTED.followers },
    ),
    move: { kind: 'drain', until: NOW + 30_000 },
  },
  {
    name: 'takes the new version down',
    seen: during(
      {
        retreat: TOOK_BACK,
        phase: { name: 'retreating', since: NOW },
        switches: [made('blue'), made('green')],
      },
      { switch: ADOPTED.switch, followers: ADOPTED.followers },
    ),
    move: { kind: 'scale', owner: 'blue', replicas: 0 },
  },
  {
    name: 'lands as taken back',
    seen: during(
      {
        retreat: TOOK_BACK,
        phase: { name: 'retreating', since: NOW },
        switches: [made('blue'), made('green')],
      },
      { switch: ADOPTED.switch, followers: ADOPTED.followers, blue: workload('shop-blue', 'third', 0) },
    ),
    move: { kind: 'land', outcome: 'retreated' },
  },
  {
    name: 'refused, says who still serves',
    seen: during(
      { retreat: TOOK_BACK },
      { obstacle: { code: 'forbidden', reason: 'no patch', onTheWayBack: true } },
    ),
    move: {
      kind: 'failed',
      code: 'retreat-failed',
      reason: expect.stringContaining('it was refused: no patch'),
    },
  },
  {
    name: 'of an abort that is itself cancelled ends with the proof as well',
    goal: abortOf({ run: US }),
    seen: during(
      { retreat: TOOK_BACK, switches: [made('blue'), made('green')] },
      { switch: ADOPTED.switch, cancelled: true },
    ),
    move: { kind: 'failed', decision: 'cancelled' },
  },
  {
    name: 'is what abort asks for',
    goal: abortOf({ run: US }),
    seen: SOAKING,
    move: { kind: 'switch-back', to: 'green', why: { code: 'cancelled', reason: 'the step was cancelled' } },
  },
]

/** A rollback to version 3, which has switched and was interrupted before that was proved. */
const interrupted = (over: Partial<BlueGreenSight> = {}): BlueGreenSight =>
  during({ preempt: true, passed: [], switches: [made('blue', { at: NOW, verified: 'pending' })] }, over)

const RESTORED: readonly Row[] = [
  {
    name: 'cancelled before it is proved, it is proved',
    goal: rollback,
    seen: interrupted({ cancelled: true }),
    move: { kind: 'verify', to: 'blue' },
  },
  {
    name: 'cancelled between the patch and the note of it, it is noted',
    goal: rollback,
    seen: during(
      { preempt: true, passed: [], switches: [], phase: { name: 'switching', since: NOW } },
      { cancelled: true },
    ),
    move: { kind: 'note', change: { kind: 'switched', to: 'blue' } },
  },
  {
    name: 'cancelled when it is proved, it serves on',
    goal: rollback,
    seen: during({ preempt: true, passed: [] }, { cancelled: true }),
    move: { kind: 'failed', decision: 'cancelled', reason: expect.stringContaining('it serves') },
  },
  {
    name: 'cancelled after somebody has taken the key out, it is put back',
    goal: rollback,
    seen: interrupted({ cancelled: true, switch: named({ to: 'own' }) }),
    move: { kind: 'switch', to: 'blue', why: 'mend' },
  },
  {
    name: 'cancelled, and with no ready pod, it is gone back from',
    goal: rollback,
    seen: interrupted({ cancelled: true, blue: workload('shop-blue', 'third', 4, { ready: 0 }) }),
    move: { kind: 'switch-back', to: 'green', why: { code: 'not-ready' } },
  },
  {
    name: 'cancelled, and never accepted, it is gone back from once its time is over',
    goal: rollback,
    seen: during(
      { preempt: true, passed: [], switches: [made('blue', { verified: 'pending' })] },
      { cancelled: true, switch: named({ accepted: false }) },
    ),
    move: { kind: 'switch-back', to: 'green', why: { code: 'timeout' } },
  },
  {
    name: 'cancelled before the switch, nothing is switched',
    goal: rollback,
    seen: before({ preempt: true, phase: { name: 'switching', since: NOW } }, { cancelled: true }),
    move: { kind: 'note', change: { kind: 'retreat', why: { code: 'cancelled' } } },
  },
  {
    name: 'is what post proves, and lands',
    goal: abortOf({ run: US }),
    seen: interrupted(),
    move: { kind: 'verify', to: 'blue' },
  },
  {
    name: 'is gone back from by post, where no pod is ready',
    goal: abortOf({ run: US }),
    seen: interrupted({ blue: workload('shop-blue', 'third', 4, { ready: 0 }) }),
    move: { kind: 'switch-back', to: 'green', why: { code: 'not-ready' } },
  },
  {
    name: 'is seen through by the rollback of another run',
    goal: abortOf({ run: NEWER, preempt: true }),
    seen: interrupted(),
    move: { kind: 'verify', to: 'blue' },
  },
  {
    name: 'is seen through by whoever releases another version, which begins from it',
    goal: goalOf({ release: NEW, run: NEWER }),
    seen: interrupted(),
    move: { kind: 'verify', to: 'blue' },
  },
  {
    name: 'serves on where whoever releases another version is cancelled',
    goal: goalOf({ release: NEW, run: NEWER }),
    seen: interrupted({ cancelled: true }),
    move: { kind: 'failed', decision: 'cancelled', reason: expect.stringContaining('before anything') },
  },
  {
    name: 'that was begun to be gone back from is gone back from',
    goal: abortOf({ run: US }),
    seen: during({
      preempt: true,
      passed: [],
      retreat: TOOK_BACK,
      switches: [made('blue', { verified: 'pending' })],
    }),
    move: { kind: 'switch-back', to: 'green' },
  },
]

const TABLES = { BEFORE, BEGIN, FORGOTTEN_LEASE, FIRST, IDLE_COLOR, SWITCHED, RESTORED, BACK } as const
const TITLES: Readonly<Record<keyof typeof TABLES, string>> = {
  BEFORE: 'before anything is touched',
  BEGIN: 'with the claim, and nothing in flight',
  FORGOTTEN_LEASE: 'a Lease that somebody deleted',
  FIRST: 'a first release',
  IDLE_COLOR: 'the idle colour',
  SWITCHED: 'what was switched to',
  RESTORED: 'what a rollback has switched to',
  BACK: 'the way back',
}

describe.each(
  Object.entries(TABLES).map(([name, rows]) => [TITLES[name as keyof typeof TABLES], rows] as const),
)('%s', (_, rows) => {
  test.each([...rows])('$name', ({ seen, move, goal }) => {
    const decided = decideSwitch(goal ?? goalOf(), seen)
    expect(decided).toMatchObject(move)
    expect(decideSwitch(goal ?? goalOf(), structuredClone(seen))).toEqual(decided)
  })
})

// ——— at a glance ———

test('what a glance takes for switched, a whole look leaves unchanged', () => {
  const rows: readonly Row[] = Object.values(TABLES).flat()
  const live = rows.flatMap(({ name, seen, goal = goalOf() }) =>
    goal.kind === 'switch' && isAlreadySwitched(goal, seen) ? [{ name, seen, goal }] : [],
  )
  expect(live.map(({ name }) => name)).toEqual(['what serves already is unchanged'])
  for (const { seen, goal } of live) {
    expect(decideSwitch(goal, seen)).toEqual({ kind: 'done', decision: 'unchanged' })
  }
})

// ——— the other strategy ———

describe('a canary', () => {
  test.each([
    ['of a workload that blue/green has adopted', { colors: COLORS_LEFT }],
    ['beside a switch in flight', { switching: { ...FLIGHT, run: { id: 1, attempt: 1 } } }],
  ])('%s is a conflict, also once the claim is ours', (_, left) => {
    const state = { ...EMPTY, ...left }
    const conflict = { kind: 'failed', decision: 'failed', code: 'conflict' }
    expect(decide(canaryGoal(), { ...IDLE, claim: { kind: 'free', state } })).toMatchObject(conflict)
    expect(decide(canaryGoal(), { ...IDLE, claim: ours(undefined, left) })).toMatchObject(conflict)
  })
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
        : M extends { kind: 'switch'; why: infer Why extends string }
          ? `switch ${Why}`
          : M extends { kind: 'judge'; stage: infer Stage extends string }
            ? `judge ${Stage}`
            : M extends { kind: 'apply-color'; content: infer Content extends string }
              ? `apply-color ${Content}`
              : M extends { kind: infer Kind extends string }
                ? Kind
                : never
type NotesOf<M> = M extends { kind: 'note'; change: infer Change }
  ? Change extends unknown
    ? { kind: 'note'; change: Change }
    : never
  : M

/** Every move by name: a new one does not compile until it is here, and does not pass until a row expects it. */
const EVERY: Readonly<Record<Names<NotesOf<BlueGreenMove>>, true>> = {
  claim: true,
  stamp: true,
  begin: true,
  'note phase': true,
  'note switched': true,
  'note passed': true,
  'note retreat': true,
  'apply-color base': true,
  'apply-color release': true,
  scale: true,
  link: true,
  'switch adopt': true,
  'switch release': true,
  'switch mend': true,
  'switch-back': true,
  follow: true,
  'land promoted': true,
  'land retreated': true,
  'forget-warm': true,
  'await live-rolled-out': true,
  'await color-ready': true,
  'await color-endpoints': true,
  'await color-gone': true,
  'await switch-accepted': true,
  'await switch-endpoints': true,
  'await base-ready': true,
  verify: true,
  'judge pre-switch': true,
  'judge post-switch': true,
  drain: true,
  'done switched': true,
  'done unchanged': true,
  'done aborted': true,
  'failed retreated': true,
  'failed held': true,
  'failed failed': true,
  'failed cancelled': true,
  stopped: true,
}

function nameOf(move: BlueGreenMove): string {
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
    case 'switch':
      return `switch ${move.why}`
    case 'judge':
      return `judge ${move.stage}`
    case 'apply-color':
      return `apply-color ${move.content}`
    default:
      return move.kind
  }
}

test('every move of the union is the answer to some row', () => {
  const rows: readonly Row[] = Object.values(TABLES).flat()
  const decided = new Set(rows.map(({ goal, seen }) => nameOf(decideSwitch(goal ?? goalOf(), seen))))
  expect([...decided].sort()).toEqual(Object.keys(EVERY).sort())
})
