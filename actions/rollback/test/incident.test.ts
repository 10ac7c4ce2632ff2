import { describe, expect, test } from '@jest/globals'
import type { Asked } from '../src/asked.ts'
import { incidentOf, isIncident } from '../src/incident.ts'
import type { ServiceEnd } from '../src/service-end.ts'
import { ended, ON_GOOD } from './world.ts'

describe('an incident', () => {
  const asked = { incident: true, abort: false }

  test.each<[string, Partial<ServiceEnd>, boolean]>([
    ['that was rolled back', { decision: 'rolled-back', changed: true }, true],
    ['that could not be', { decision: 'failed' }, true],
    ['that gave way before anything was changed', { decision: 'superseded' }, false],
    [
      'that gave way in its middle: the newer run says how it ends',
      { decision: 'superseded', changed: true },
      false,
    ],
    ['that was cancelled before anything was changed', { decision: 'cancelled' }, false],
    ['that was cancelled in its middle', { decision: 'cancelled', changed: true }, true],
    ['that was not needed', { decision: 'unchanged' }, false],
    ['that was only planned', { decision: 'planned' }, false],
    ['that was refused at the first look', { decision: 'failed', from: undefined }, false],
  ])('tells of a rollback %s', (_, end, told) => {
    expect(isIncident(ended(end), asked)).toBe(told)
    expect(isIncident(ended(end), { ...asked, incident: false })).toBe(false)
    expect(isIncident(ended(end), { ...asked, abort: true })).toBe(false)
  })

  test.each<[Partial<ServiceEnd>, string]>([
    [{ decision: 'rolled-back', changed: true, serving: ON_GOOD }, 'was rolled back from 3 to 2'],
    [
      { decision: 'failed', changed: true, serving: ON_GOOD },
      'was rolled back from 3 to 2, and that is NOT verified',
    ],
    [{ decision: 'failed', changed: true }, 'could NOT be rolled back from 3 to 2'],
    // Nothing was done yet: what serves is what a release in flight left to it.
    [{ decision: 'failed', serving: ON_GOOD }, 'could NOT be rolled back from 3 to 2'],
    [{ decision: 'cancelled', changed: true }, 'was being rolled back from 3 to 2, and it was cancelled'],
  ])('is named for what is true of it (%#)', (end, title) => {
    const context = { actor: 'ann', workflow: 'rollback', runUrl: 'https://github.test/run' }
    const of = { environment: 'production', inputs: { reason: 'bad' }, kit: { context } } as Asked
    expect(incidentOf(ended(end), of).title).toBe(`shop in production ${title}`)
  })
})
