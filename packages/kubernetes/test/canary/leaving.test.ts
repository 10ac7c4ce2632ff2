import { expect, test } from '@jest/globals'
import { createLeaving } from '../../src/canary/leaving.ts'
import { troubleOf } from '../../src/canary/trouble.ts'
import type { Deployment } from '../../src/objects.ts'

const staying = { metadata: { name: 'a' } }
const going = { metadata: { name: 'b', deletionTimestamp: '2026-11-21T22:00:00Z' } }
const refused = (message: string): Deployment =>
  ({
    metadata: { name: 'shop-green', generation: 1 },
    status: {
      observedGeneration: 1,
      conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }],
    },
  }) as unknown as Deployment

test('a full quota is no lasting trouble while pods go, and for as long again', () => {
  let now = 0
  const sleep = (): Promise<void> => Promise.resolve()
  const leaving = createLeaving({ now: () => now, sleep })
  expect(leaving([staying])).toBe(false)
  expect(leaving([staying, going])).toBe(true)
  now = 20_000
  expect(leaving([going])).toBe(true)
  now = 44_999
  expect(leaving([staying])).toBe(true)
  now = 45_000
  expect(leaving([staying])).toBe(false)
})

test('what else keeps pods from being created is trouble at once', () => {
  const quota = refused('pods "x" is forbidden: exceeded quota: q, requested: pods=1')
  const policy = refused('admission webhook "p" denied the request')
  expect(troubleOf(quota, [], true)).toEqual([])
  expect(troubleOf(quota, [], false)).toEqual([expect.stringContaining('exceeded quota')])
  expect(troubleOf(policy, [], true)).toEqual([expect.stringContaining('denied the request')])
})
