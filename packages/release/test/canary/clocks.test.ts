import { describe, expect, test } from '@jest/globals'
import { decide, type CanarySight, type InFlight } from '../../src/index.ts'
import { during, landedBy, IDLE, LONG_AGO, MINUTE, NOW, ours, route, TOOK_BACK } from './sights.ts'
import { goalOf } from './world.ts'

// What an earlier process wrote on the Lease has that machine's times, and its clock may have been an hour off.

const CAME = NOW - 10_000

/** Taken back, the route proved: what is left is to drain and to tidy up. This process came ten seconds ago. */
function returned(at: number): CanarySight {
  const shifts: InFlight['shifts'] = [{ weight: 0, at, verified: 'observed' }]
  const seen = during(
    { retreat: TOOK_BACK, shifts, phase: { name: 'retreating', since: at } },
    { traffic: route({ weight: 0 }) },
  )
  return seen.claim.kind === 'ours' ? { ...seen, claim: { ...seen.claim, since: CAME } } : seen
}

describe('the clock of an earlier process', () => {
  test.each([
    ['an hour ahead', NOW + 60 * MINUTE],
    ['an hour behind', LONG_AGO],
  ])('%s neither lengthens nor skips a drain: it counts from when this process came', (_, at) => {
    const drain = goalOf().timing.drain
    expect(decide(goalOf(), returned(at))).toEqual({ kind: 'drain', until: CAME + drain })
    expect(decide(goalOf(), { ...returned(at), now: CAME + drain })).toMatchObject({ kind: 'unlink' })
  })

  test('an hour ahead, a wait of ours still ends', () => {
    const shifts: InFlight['shifts'] = [{ weight: 25, at: NOW + 60 * MINUTE, verified: 'pending' }]
    const seen = during({ shifts }, { traffic: route({ accepted: false }) })
    const later = { ...seen, now: NOW + goalOf().timing.timeout }
    expect(decide(goalOf(), seen)).toMatchObject({ kind: 'await', what: 'route-accepted' })
    expect(decide(goalOf(), later)).toMatchObject({ kind: 'retreat-route', why: { code: 'timeout' } })
  })

  test('an hour ahead, an end that it wrote is not taken for ours', () => {
    const last = landedBy({ outcome: 'retreated', why: TOOK_BACK, at: NOW + 60 * MINUTE })
    const seen = { ...IDLE, claim: ours(undefined, { last }) }
    expect(decide(goalOf(), seen)).toMatchObject({ kind: 'stamp' })
  })
})
