import { describe, expect, test } from '@jest/globals'
import { decodeRecord, encodeRecord, taskOf, type ReleaseRecord } from '../../src/index.ts'

const record: ReleaseRecord = {
  kind: 'release',
  service: 'shop',
  version: '1.4.0',
  digest: `sha256:${'a'.repeat(64)}`,
  image: 'ghcr.io/org/shop:1.4.0',
  strategy: 'canary',
  plan: [5, 25, 50, 100],
  previous: { version: '1.3.2', digest: undefined, deployment: 41 },
  target: { cluster: 'c', namespace: 'shop', workload: 'shop', container: 'app', traffic: 'httproute/shop' },
  run: { id: 7, attempt: 1 },
}

describe('a record', () => {
  test('is read back as it was written, however often GitHub encoded it', () => {
    const payload = encodeRecord(record)
    const read = { kind: 'record', record, unknown: {} }
    expect(decodeRecord(payload)).toEqual(read)
    expect(decodeRecord(JSON.stringify(payload))).toEqual(read)
    expect(decodeRecord(JSON.stringify(JSON.stringify(payload)))).toEqual(read)
  })

  test('keeps fields that this version does not know', () => {
    const decoded = decodeRecord({ ...encodeRecord(record), mood: { good: true } })
    expect(decoded).toMatchObject({ kind: 'record', unknown: { mood: { good: true } } })
    expect(encodeRecord(record, { mood: 1 })).toMatchObject({ schema: 1, mood: 1, service: 'shop' })
  })

  test('of a newer schema is told apart, whatever else is in it', () => {
    expect(decodeRecord({ schema: 2, surprise: [] })).toEqual({ kind: 'newer', schema: 2 })
  })

  test.each([
    ['', 'not a JSON object'],
    ['{', 'not a JSON object'],
    [null, 'not a JSON object'],
    [[], 'not a JSON object'],
    [{}, 'no schema'],
    [{ ...encodeRecord(record), run: { id: '7', attempt: 1 } }, 'its id is not a whole number'],
    [{ ...encodeRecord(record), target: 'shop' }, 'its target is not an object'],
    [{ ...encodeRecord(record), kind: 'party' }, 'its kind is none of release, rollback'],
  ])('that is none says why: %j', (payload, reason) => {
    expect(decodeRecord(payload)).toEqual({ kind: 'unreadable', reason: expect.stringContaining(reason) })
  })

  test('above 8 KiB is refused', () => {
    expect(() => encodeRecord({ ...record, image: 'é'.repeat(5000) })).toThrow(/8192 are the most/)
  })

  test('is found by its service', () => expect(taskOf('shop')).toBe('release-actions:shop'))
})
