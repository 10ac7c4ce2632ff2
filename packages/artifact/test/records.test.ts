import { expect, test } from '@jest/globals'
import { readRecords, writeRecord, type ArtifactRecord } from '../src/history/records.ts'
import { OCI_MANIFEST } from '../src/registry/media-types.ts'
import { openWorld } from './world.ts'

const SUBJECT = { mediaType: OCI_MANIFEST, digest: `sha256:${'1'.repeat(64)}`, size: 2, text: '{}' }
const RECORD: ArtifactRecord = {
  version: '1.4.0',
  type: 'image',
  digest: SUBJECT.digest,
  size: 12,
  commit: 'a'.repeat(40),
  created: Date.UTC(2026, 10, 21),
  signed: 'https://github.com/octo/shop/attestations/1',
}

test('what was recorded is read back, newest first', async () => {
  await using world = await openWorld()
  const later = { ...RECORD, version: '1.5.0', created: RECORD.created + 1_000, signed: undefined }
  await writeRecord(world.registry, RECORD, SUBJECT)
  await writeRecord(world.registry, later, SUBJECT)
  expect(await readRecords(world.registry, 10)).toEqual([later, RECORD])
})

test.each(['javascript:alert(1)', 'https://github.com/x>) **approved** (<', 'https://a\nb', ''])(
  'a record that names %j as its page is not taken for signed',
  async (signed) => {
    await using world = await openWorld()
    await writeRecord(world.registry, { ...RECORD, signed }, SUBJECT)
    expect(await readRecords(world.registry, 10)).toEqual([{ ...RECORD, signed: undefined }])
  },
)
