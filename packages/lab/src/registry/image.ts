/** An image of the registry as the embedded kubelet runs it: what its manifest, its configuration and its layers say. */
import { gunzipSync } from 'node:zlib'
import type { ImageContent } from '../kubernetes/index.ts'
import type { Repository } from './contents.ts'

/** Of an image's manifest and configuration, what the lab runs by. */
interface ImageManifest {
  readonly config?: { readonly digest: string }
  readonly layers?: readonly { readonly digest: string }[]
}
interface ImageConfig {
  readonly config?: {
    readonly Entrypoint?: readonly string[]
    readonly Cmd?: readonly string[]
    readonly Env?: readonly string[]
  }
}

const BLOCK = 512

/** @returns undefined for what is not there, or no image: an index, an archive of files */
export function imageIn(
  repository: Repository,
  reference: string,
): (ImageContent & { readonly digest: string }) | undefined {
  const found = repository.find(reference)
  if (found === undefined) return undefined
  const { config: named, layers = [] } = JSON.parse(found.text) as ImageManifest
  const blob = repository.blobs.get(named?.digest ?? '')
  if (blob === undefined) return undefined
  const { config } = JSON.parse(blob.toString()) as ImageConfig
  if (config === undefined) return undefined
  const files = layers.flatMap(({ digest }) => filesOf(repository.blobs.get(digest)))
  const env = (config.Env ?? []).map((entry) => [
    entry.slice(0, entry.indexOf('=')),
    entry.slice(entry.indexOf('=') + 1),
  ])
  return {
    digest: found.digest,
    files: Object.fromEntries(files),
    command: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])],
    env: Object.fromEntries(env) as Readonly<Record<string, string>>,
  }
}

/** Path and text of the plain files of a layer; names of up to 100 bytes, as the lab's images have them. */
function filesOf(layer: Buffer | undefined): readonly (readonly [string, string])[] {
  if (layer === undefined) return []
  const tar = layer.readUInt16BE(0) === 0x1f8b ? gunzipSync(layer) : layer
  const files: (readonly [string, string])[] = []
  let at = 0
  while (at + BLOCK <= tar.length && tar[at] !== 0) {
    const text = (from: number, length: number): string =>
      tar
        .subarray(at + from, at + from + length)
        .toString()
        .replace(/\0.*$/s, '')
    const size = Number.parseInt(text(124, 12), 8)
    const begin = at + BLOCK
    if (['', '0'].includes(text(156, 1)))
      files.push([`/${text(0, 100)}`, tar.subarray(begin, begin + size).toString()])
    at = begin + Math.ceil(size / BLOCK) * BLOCK
  }
  return files
}
