import { assertWritable, fileManifest, findFiles, pack, versionTaken } from '@release-actions/artifact'
import { rm } from 'node:fs/promises'
import { bytes } from './report.ts'
import { runCommand } from './command.ts'
import { published } from './publish.ts'
import { openSame } from './same.ts'
import { tempFile, type Made, type Setting } from './setting.ts'

/**
 * Runs the command, packs what it left, and stores the archive. Its digest is known before anything is pushed: a
 * version that exists as something else is refused without a byte.
 */
export async function makeFile(setting: Setting): Promise<Made> {
  const { inputs, kit, registry, stages, signal, version } = setting
  if (inputs.push) await assertWritable(registry)
  const existing = inputs.push ? await registry.manifest(version) : undefined
  const same = await openSame(setting, undefined)
  const known = await same.find(existing)
  if (known !== undefined) return known
  if (inputs.command !== undefined)
    await stages.run('Build', (say) => runCommand(setting, say, { RELEASE_VERSION: version }))
  const archive = tempFile(setting, 'files.tar.gz')
  try {
    const content = await stages.run('Pack', async (say) => {
      const files = await findFiles('path', inputs.path ?? [], kit.context.workspace)
      const packed = await pack(files, archive, signal)
      say(`${files.length} files, ${bytes(packed.size)} compressed, ${packed.digest}`)
      return packed
    })
    const manifest = fileManifest(content, `${setting.service}.tar.gz`)
    const { digest } = manifest
    if (!inputs.push) return { decision: 'built', digest, cacheHit: false, how: 'packed, and not pushed' }
    if (existing !== undefined && existing.digest !== digest)
      throw versionTaken(registry, version, existing.digest, digest)
    if (existing === undefined)
      await stages.run('Push', async (say) => {
        say(`the archive is ${await registry.upload(content)}`)
        await registry.put(digest, manifest.mediaType, manifest.text)
      })
    const made = await published(setting, digest, 'packed, and stored as an OCI artifact')
    await same.keep(digest)
    return made
  } finally {
    await rm(archive, { force: true })
  }
}
