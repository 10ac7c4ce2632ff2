import { requireAttestation } from '@release-actions/action-world'
import { readRecords, type ArtifactRecord } from '@release-actions/artifact'
import { markdownCode, markdownLine, markdownTable, NotFound, shortDigest } from '@release-actions/values'
import { bytes } from './report.ts'
import type { Setting, Work } from './setting.ts'
import { attestedBefore } from './signed.ts'

// What builds nothing: whether a digest may be used, and what there is.

/** @throws NotFound, Conflict when its content is another, Forbidden when it was not built here */
export async function verify(setting: Setting, digest: string): Promise<void> {
  const { inputs, kit, http, registry } = setting
  if ((await registry.manifest(digest)) === undefined)
    throw new NotFound(`${registry.repository} has no ${digest}`, {
      object: `${registry.repository}@${digest}`,
      fix: ['push it first, or correct the input verify'],
    })
  const { token, signerWorkflow, trustedRoot } = inputs
  const message = await requireAttestation({ digest, token, signerWorkflow, trustedRoot }, kit, http)
  kit.outputs.set({ decision: 'pass', message, digest })
  kit.outputs.setOwn('image', `${registry.repository}@${digest}`)
  sayVerified(setting, shortDigest(digest), message)
}

export function sayVerified({ kit }: Work, what: string, message: string): void {
  kit.summarize(
    `## ✅ ${markdownLine(`${what} is what this repository built`)}\n\n${markdownLine(message)}\n`,
  )
  kit.log.line(message)
}

/** The artifacts of the repository, newest first. */
export async function history(setting: Setting, limit: number): Promise<void> {
  const { registry } = setting
  const records = await readRecords(registry, limit)
  const digests = [...new Set(records.map(({ digest }) => digest))]
  const signed = new Map<string, string | undefined>()
  for (let at = 0; at < digests.length; at += 10)
    await Promise.all(
      digests.slice(at, at + 10).map(async (digest) => {
        const recorded = records.find((record) => record.digest === digest && record.signed !== undefined)
        signed.set(digest, await attestedBefore(setting, digest, recorded?.signed))
      }),
    )
  const known = records.map((record) => ({ ...record, signed: signed.get(record.digest) }))
  tellHistory(setting, registry.repository, known, limit)
}

/** @param where `ghcr.io/org/shop` */
export function tellHistory(
  { kit }: Work,
  where: string,
  records: readonly ArtifactRecord[],
  limit: number,
): void {
  const message = `${where} has ${records.length === limit ? 'at least ' : ''}${records.length} recorded artifacts`
  kit.outputs.set({
    decision: 'pass',
    message,
    evidence: {
      history: records.map((record) => ({ ...record, created: new Date(record.created).toISOString() })),
    },
  })
  kit.summarize(`## ${markdownLine(message)}\n\n${records.length === 0 ? '' : tableOf(records)}\n`)
  kit.log.group(
    message,
    records.map(({ version, digest }) => `${version} ${digest}`),
  )
}

function tableOf(records: readonly ArtifactRecord[]): string {
  return markdownTable(
    ['version', 'type', 'digest', 'size', 'commit', 'created', 'signed'],
    records.map(({ version, type, digest, size, commit, created, signed }) => [
      markdownCode(version),
      type,
      markdownCode(shortDigest(digest)),
      bytes(size),
      markdownCode(commit.slice(0, 12)),
      new Date(created).toISOString().slice(0, 16).replace('T', ' '),
      signed === undefined ? 'no' : `[yes](<${signed}>)`,
    ]),
  )
}
