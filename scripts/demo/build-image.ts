/**
 * `node build-image.ts FOLDER IMAGE`: what `docker build` and `docker push` would do, with nothing installed. An image of
 * one layer, the folder, pushed to where `$RELEASE_IMAGE` says: to build-artifact, any other tool.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { systemClock } from '@release-actions/action-kit'
import { findFiles, openRegistry, pack } from '@release-actions/artifact'
import { createHttp } from '@release-actions/http'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

const [folder = '', image = ''] = process.argv.slice(2)
const [, repository = '', tag = ''] = /^(.+):([^:/]+)$/.exec(image) ?? []
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
const { signal } = new AbortController()
const clock = systemClock()
const http = createHttp({ clock })
const registry = openRegistry(repository, { http, clock, env: process.env, signal })

const archive = join(process.env['RUNNER_TEMP'] ?? tmpdir(), 'layer.tar.gz')
const layer = await pack(await findFiles('folder', [folder], process.cwd()), archive, signal)
const config = JSON.stringify({
  architecture: process.arch === 'x64' ? 'amd64' : process.arch,
  os: 'linux',
  config: { Env: [`VERSION=${version.split('.')[0] ?? version}`], Cmd: ['node', `/${folder}/shop.cjs`] },
  rootfs: { type: 'layers', diff_ids: [digestOf(gunzipSync(readFileSync(archive)))] },
  history: [{ created_by: `COPY ${folder} /${folder}` }],
})
const about = { digest: digestOf(config), size: Buffer.byteLength(config) }
for (const blob of [layer, { ...about, open: () => bytesOf(config) }])
  console.log(`${blob.digest} ${await registry.upload(blob)}, ${blob.size} bytes`)
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: MANIFEST,
  config: { mediaType: CONFIG, ...about },
  layers: [{ mediaType: LAYER, digest: layer.digest, size: layer.size }],
})
console.log(`pushed ${await registry.put(tag, MANIFEST, manifest)}`)
http.close()

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text))
}

function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}
