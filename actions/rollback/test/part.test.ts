import { describe, expect, test } from '@jest/globals'
import type { ReleaseId } from '@release-actions/release'
import { asItRuns, movedTag } from '../src/part.ts'

const sha = (digit: string): string => `sha256:${digit.repeat(64)}`
const release = (image: string, digest?: string): ReleaseId => ({
  version: '2',
  image,
  digest,
  template: 't',
})

describe('what was restored', () => {
  test.each([
    ['by its tag, runs what the tag leads to', release('shop:2', sha('1')), sha('2'), sha('2')],
    [
      'by its tag, where no pod tells, is what it is called',
      release('shop:2', sha('1')),
      undefined,
      sha('1'),
    ],
    ['by its digest, is that', release(`shop@${sha('1')}`, sha('1')), sha('2'), sha('1')],
    ['by nothing that tells, is what runs', release('shop:2'), sha('2'), sha('2')],
  ])('%s', (_, restored, runs, expected) => {
    expect(asItRuns(restored, runs).digest).toBe(expected)
  })

  test('is said to be another image only where both digests are known, and of one version', () => {
    const wanted = { version: '2', digest: sha('1') }
    expect(movedTag(release('shop:2', sha('2')), wanted)).toContain(
      `shop:2 leads to another image by now: its pods run ${sha('2')}, and ${sha('1')}`,
    )
    expect(movedTag(release('shop:2', sha('1')), wanted)).toBeUndefined()
    expect(movedTag(release(`shop@${sha('1')}`, sha('2')), wanted)).toBeUndefined()
    expect(movedTag(release('shop:2'), wanted)).toBeUndefined()
    expect(movedTag(release('shop:2', sha('2')), { ...wanted, digest: undefined })).toBeUndefined()
    expect(movedTag({ ...release('shop:3', sha('2')), version: '3' }, wanted)).toBeUndefined()
  })
})
