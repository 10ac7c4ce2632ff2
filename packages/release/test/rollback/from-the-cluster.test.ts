import { describe, expect, test } from '@jest/globals'
import {
  chooseFromCluster,
  EMPTY_LEASE_STATE,
  nextWay,
  currentRedeploy,
  type InFlight,
  type Landed,
  type LeaseState,
  type Redeploying,
  type Revision,
} from '../../src/index.ts'
import { id } from './releases.ts'

const revision = (n: number, of = n): Revision => ({ replicaSet: `shop-${n}`, revision: n, release: id(of) })
const RUN = { id: 7, attempt: 1 }
const landed = (n: number, at: number, outcome: Landed['outcome'] = 'promoted'): Landed => ({
  release: id(n),
  run: RUN,
  deployment: undefined,
  outcome,
  why: undefined,
  at,
})
const state = (change: Partial<LeaseState>): LeaseState => ({ ...EMPTY_LEASE_STATE, ...change })
const redeploying = (from: number, to: number): Redeploying => ({
  release: id(to),
  from: id(from),
  run: RUN,
  deployment: undefined,
  reason: 'bad',
  since: 100,
  phase: { name: 'rolling', since: 100 },
  passed: 0,
  reverted: 0,
})
const flight = { release: id(3), base: { release: id(2) } } as InFlight

describe('what the cluster remembers', () => {
  const choose = (change: Partial<LeaseState>, revisions: readonly Revision[], running: number): string => {
    const found = chooseFromCluster({ kind: 'previous' }, { state: state(change), revisions }, id(running))
    return found.kind === 'target' ? found.release.version : found.reason
  }
  test.each([
    ['the newest other revision', {}, [revision(1), revision(2), revision(3)], 3, '2'],
    ['what served before a canary', { inFlight: flight }, [revision(1), revision(2)], 3, '2'],
    [
      'what an interrupted rollback was restoring',
      { redeploying: redeploying(3, 1) },
      [revision(2), revision(3)],
      3,
      '1',
    ],
    [
      'not what a rollback took back',
      { rolledBack: [{ release: id(3), run: RUN, at: 5 }] },
      [revision(1), revision(3), revision(4, 2)],
      2,
      '1',
    ],
    [
      'what was taken back, and has served since',
      { rolledBack: [{ release: id(3), run: RUN, at: 5 }], live: landed(3, 9) },
      [revision(2), revision(3), revision(4)],
      4,
      '3',
    ],
    [
      'not what its own gates took back',
      { last: landed(3, 5, 'retreated') },
      [revision(1), revision(3), revision(4, 2)],
      2,
      '1',
    ],
    [
      'what a rollback was bringing back when it was interrupted',
      { last: { ...landed(2, 5, 'retreated'), restoring: true } },
      [revision(1), revision(2), revision(3)],
      3,
      '2',
    ],
    ['nothing', {}, [revision(2)], 2, 'the cluster remembers no earlier version that was not taken back'],
  ] as const)('is %s', (_, change, revisions, running, expected) => {
    expect(choose(change, revisions, running)).toBe(expected)
  })

  test('names versions by their label or image, and knows no Deployment', () => {
    const memory = { state: EMPTY_LEASE_STATE, revisions: [revision(1), revision(2)] }
    expect(chooseFromCluster({ kind: 'version', version: '1' }, memory, id(2))).toMatchObject({
      release: id(1),
    })
    expect(chooseFromCluster({ kind: 'version', version: '9' }, memory, id(2))).toMatchObject({
      kind: 'none',
    })
    expect(chooseFromCluster({ kind: 'deployment', id: 1 }, memory, id(2))).toMatchObject({ kind: 'none' })
  })
})

describe('the way back', () => {
  const none = { blue: undefined, green: undefined }
  const seen = (change: Partial<LeaseState>, stable = 3, colors: { blue?: number; green?: number } = {}) => ({
    state: state(change),
    stable: id(stable),
    colors: {
      blue: colors.blue === undefined ? undefined : id(colors.blue),
      green: colors.green === undefined ? undefined : id(colors.green),
    },
  })
  const warm = (n: number) =>
    ({ color: 'blue', release: id(n), run: RUN, deployment: undefined, since: 1, keep: 'forever' }) as const

  test.each([
    ['a canary is ended first, whatever the target', seen({ inFlight: flight }), 2, 'end-canary'],
    ['the workload is set back', seen({}), 2, 'redeploy'],
    ['the target serves', seen({}, 2), 2, 'there'],
    ['an interrupted rollback is seen through', seen({ redeploying: redeploying(3, 2) }, 2), 2, 'redeploy'],
    ['nothing, when only what is in flight is to be ended', seen({}), undefined, 'there'],
    [
      'the colour that serves has it',
      seen({ colors: { live: 'green', warm: undefined } }, 1, { green: 2 }),
      2,
      'there',
    ],
  ] as const)('%s', (_, sight, target, expected) => {
    expect(nextWay(target === undefined ? undefined : id(target), sight).kind).toBe(expected)
    expect(none.blue).toBeUndefined()
  })

  test('is a patch to the colour that is warm with the target, and only then', () => {
    const colors = { live: 'green', warm: warm(2) } as const
    expect(nextWay(id(2), seen({ colors }, 1, { blue: 2, green: 3 }))).toEqual({
      kind: 'switch',
      to: 'blue',
      warm: true,
    })
    expect(nextWay(id(1), seen({ colors }, 1, { blue: 2, green: 3 }))).toEqual({
      kind: 'switch',
      to: 'blue',
      warm: false,
    })
    const cold = { live: 'green', warm: undefined } as const
    expect(nextWay(id(2), seen({ colors: cold }, 1, { green: 3 }))).toEqual({
      kind: 'switch',
      to: 'blue',
      warm: false,
    })
  })

  test('an interrupted rollback counts no more once a release has ended after it', () => {
    const begun = redeploying(3, 2)
    expect(currentRedeploy(state({ redeploying: begun }))).toBe(begun)
    expect(currentRedeploy(state({ redeploying: begun, live: landed(4, 50) }))).toBe(begun)
    expect(currentRedeploy(state({ redeploying: begun, live: landed(4, 200) }))).toBeUndefined()
    expect(currentRedeploy(state({ redeploying: begun, inFlight: flight }))).toBeUndefined()
  })
})
