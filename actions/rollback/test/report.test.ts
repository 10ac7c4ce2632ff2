import { describe, expect, test } from '@jest/globals'
import { releaseSummary } from '@release-actions/action-kit'
import { reportOf } from '../src/report.ts'
import type { ServiceEnd } from '../src/service-end.ts'
import { ended, ON_BAD, ON_GOOD } from './world.ts'

const ASKED = {
  environment: 'production',
  inputs: { reason: 'checkout fails', runbookUrl: undefined, dashboardUrl: undefined },
}

const summary = (change: Partial<ServiceEnd>): string => releaseSummary(reportOf(ended(change), ASKED))
const first = (change: Partial<ServiceEnd>): string => summary(change).split('\n')[0] ?? ''

describe('the first line', () => {
  test('says which version users are on now, also when nothing was taken back', () => {
    expect(first({ serving: ON_GOOD })).toBe('## ✅ shop is back on 2 in production, from 3')
    expect(first({ decision: 'failed', serving: ON_BAD })).toBe(
      '## ❌ shop was not rolled back in production: it is on 3',
    )
  })

  test('tells what was restored and did not pass from what was not restored', () => {
    expect(first({ decision: 'failed', serving: ON_GOOD, changed: true })).toBe(
      '## ❌ shop is back on 2 in production, but the rollback has not passed',
    )
  })
})

test('a rollback that failed is not left at that: what was found, and what to do', () => {
  const text = summary({
    decision: 'failed',
    code: 'not-found',
    reason: 'no release has the version 9.9.9',
    why: ['verified releases: 2'],
    fix: ['name one of them', 'release a good version'],
  })
  expect(text).toContain('**Decide now:** name one of them; or release a good version.')
  expect(text).toContain('kubectl -n shop get deployments,pods')
  expect(text).toContain('**Why:** no release has the version 9.9.9; verified releases: 2')
  expect(text).not.toContain('Nothing needs to be done')
})

test('the commands name the Lease of a workload with a long name as it is called', () => {
  const text = summary({ decision: 'failed', code: 'unhealthy', workload: 'a'.repeat(60) })
  expect(text).toMatch(/ get lease release-actions-a{38}-[0-9a-f]{8} -o yaml/)
})
