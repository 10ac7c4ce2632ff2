import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  chooseTarget,
  entryOfRunning,
  isSameVersion,
  type HistoryEntry,
  type ReleaseRecord,
  type To,
} from '../../src/index.ts'

const PREVIOUS: To = { kind: 'previous' }

/** Release number `n`: version, digest, image and template are all its own. */
function release(n: number, change: Partial<ReleaseRecord> = {}): ReleaseRecord {
  return {
    kind: 'release',
    service: 'shop',
    version: `${n}.0.0`,
    digest: `sha256:${String(n).repeat(64).slice(0, 64)}`,
    image: `shop:${n}`,
    template: `t${n}`,
    strategy: 'canary',
    previous: undefined,
    target: {
      cluster: 'c',
      namespace: 'shop',
      workload: 'shop',
      container: 'app',
      traffic: 'httproute/shop',
    },
    run: { id: n, attempt: 1 },
    ...change,
  }
}

/** Newest first, as they are written: `3 success`, `2 inactive`. */
function history(...lines: readonly string[]): readonly HistoryEntry[] {
  return lines.map((line, at) => {
    const [n = '', state = '', extra = ''] = line.split(' ')
    const verified = state === 'success' || state === 'inactive' || extra === 'verified'
    const kind = extra === 'rollback' ? 'rollback' : 'release'
    return { id: lines.length - at, verified, state, record: release(Number(n), { kind }) }
  })
}

const chosen = (to: To, entries: readonly HistoryEntry[], running: number | undefined): string => {
  const found = chooseTarget(to, entries, running === undefined ? undefined : release(running))
  return found.kind === 'target' ? found.entry.record.version : found.reason
}

describe('the previous release', () => {
  test.each([
    ['the one before', ['3 success', '2 inactive', '1 inactive'], 3, '2.0.0'],
    ['not one that was never verified', ['3 success', '2 failure', '1 inactive'], 3, '1.0.0'],
    [
      'not one that was taken back since',
      ['2 success rollback', '3 failure verified', '2 inactive', '1 inactive'],
      2,
      '1.0.0',
    ],
    [
      'what a rollback had restored',
      ['4 success', '2 inactive rollback', '3 failure verified', '1 inactive'],
      4,
      '2.0.0',
    ],
    [
      'one that was taken back, and then released anew',
      ['4 success', '3 inactive', '3 failure verified', '2 inactive'],
      4,
      '3.0.0',
    ],
    [
      'not one that was verified twice, and taken back the second time',
      ['4 success', '3 failure verified', '3 inactive', '2 inactive'],
      4,
      '2.0.0',
    ],
    ['beside a release in flight, what serves', ['3 in_progress', '2 success', '1 inactive'], 3, '2.0.0'],
    ['where somebody set another image by hand, the last verified', ['2 success', '1 inactive'], 9, '2.0.0'],
  ] as const)('is %s', (_, lines, running, expected) => {
    expect(chosen(PREVIOUS, history(...lines), running)).toBe(expected)
  })

  test('is told by its template where one image has two configurations', () => {
    const one = { image: 'shop:1', digest: release(1).digest }
    const entries = history('3 success', '2 inactive').map((entry) => ({
      ...entry,
      record: { ...entry.record, ...one },
    }))
    const found = chooseTarget(PREVIOUS, entries, { ...one, template: 't3' })
    expect(found).toMatchObject({ kind: 'target', entry: { record: { version: '2.0.0' } } })
  })

  test('is never of the image that runs, when somebody has changed the template by hand', () => {
    const running = { image: 'shop:3', digest: release(3).digest, template: 'by hand' }
    expect(chooseTarget(PREVIOUS, history('3 success', '2 inactive'), running)).toMatchObject({
      entry: { record: { version: '2.0.0' } },
    })
  })

  test('is not what a rollback put back by its image alone, nor when that was taken back in its turn', () => {
    const put = (state: string): HistoryEntry => ({
      id: 9,
      verified: true,
      state,
      record: release(2, { kind: 'rollback', template: "2's image in 3's template" }),
    })
    const before = history('3 failure verified', '2 inactive', '1 inactive')
    const next = chooseTarget(PREVIOUS, [put('success'), ...before], put('success').record)
    expect(next).toMatchObject({ kind: 'target', entry: { record: { version: '1.0.0' } } })

    const [again] = history('1 success rollback')
    if (again === undefined) throw new Error('no entry')
    const last = chooseTarget(PREVIOUS, [again, put('failure'), ...before], again.record)
    expect(last).toMatchObject({ kind: 'none' })
  })

  test.each([
    [[], 'no release was ever verified'],
    [['2 failure'], 'no release was ever verified'],
    [['2 success'], 'no verified release is left besides what runs now and what was taken back'],
  ])('may be none: %j', (lines, reason) => {
    expect(chosen(PREVIOUS, history(...lines), 2)).toBe(reason)
  })

  test('is never unverified, never what runs, and ends: no history goes back and forth', () => {
    const line = fc.tuple(
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom('success', 'inactive', 'failure', 'failure verified', 'in_progress', 'error'),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), (lines, first) => {
        let entries = history(...lines.map(([n, state]) => `${n} ${state}`))
        let running: ReleaseRecord = release(first)
        const seen = new Set<string>()
        for (;;) {
          const found = chooseTarget(PREVIOUS, entries, running)
          if (found.kind === 'none') return true
          const { record, verified } = found.entry
          expect(verified).toBe(true)
          expect(isSameVersion(record, running)).toBe(false)
          expect(seen).not.toContain(record.version)
          seen.add(running.version)
          // As a rollback writes it: what ran has failed, and the restored one is the newest.
          const bad = entryOfRunning(entries, running)
          const next = {
            id: entries.length + 1,
            verified: true,
            state: 'success',
            record: { ...record, kind: 'rollback' as const },
          }
          entries = [
            next,
            ...entries.map((entry) => (entry === bad ? { ...entry, state: 'failure' } : entry)),
          ]
          if (bad === undefined) {
            // Nobody recorded it: it can not be gone back to either.
            expect(entries.some((entry) => entry.verified && isSameVersion(entry.record, running))).toBe(
              false,
            )
          }
          running = record
        }
      }),
    )
  })
})

describe('a release that is named', () => {
  const entries = history('4 success', '3 failure', '2 failure verified', '1 inactive')
  test.each([
    [{ kind: 'version', version: '1.0.0' }, '1.0.0'],
    [{ kind: 'version', version: '2.0.0' }, '2.0.0'],
    [{ kind: 'version', version: '3.0.0' }, 'version 3.0.0 was released, but never verified'],
    [{ kind: 'version', version: '9.0.0' }, 'no release has the version 9.0.0'],
    [{ kind: 'deployment', id: 1 }, '1.0.0'],
    [{ kind: 'deployment', id: 3 }, 'Deployment 3 (version 3.0.0) was never verified'],
    [{ kind: 'deployment', id: 77 }, 'Deployment 77 is none of its releases'],
  ] as const)('%j', (to, expected) => {
    expect(chosen(to, entries, 4)).toBe(expected)
  })
})
