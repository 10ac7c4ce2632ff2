import type { Registry, StoredManifest } from '@release-actions/ports'
import { field, listField, parseJson, textField } from './json.ts'
import { DOCKER_LIST, OCI_INDEX } from './registry/media-types.ts'

/** A layer as it is stored. */
export interface Layer {
  readonly digest: string
  /** Bytes, compressed. */
  readonly size: number
  /** The line of the Dockerfile that made it, where the image tells. */
  readonly madeBy: string | undefined
}

/** One platform of an image, or a file artifact. */
export interface ImageContent {
  /** `linux/amd64`; undefined for what is no image. */
  readonly platform: string | undefined
  /** The digest of this platform's manifest. */
  readonly digest: string
  readonly configDigest: string | undefined
  readonly layers: readonly Layer[]
  /** Bytes of all layers and the configuration, compressed: what a node pulls. */
  readonly size: number
  /** Labels of the configuration. */
  readonly labels: Readonly<Record<string, string>>
}

/**
 * What a manifest or an index consists of, each platform by itself; attestation manifests that BuildKit puts beside
 * them are left out.
 */
export async function readContent(
  registry: Registry,
  manifest: StoredManifest,
): Promise<readonly ImageContent[]> {
  if (manifest.mediaType !== OCI_INDEX && manifest.mediaType !== DOCKER_LIST)
    return [await contentOf(registry, manifest, undefined)]
  const entries = listField(parseJson(manifest.text), 'manifests').flatMap((entry) => {
    const [digest, os] = [textField(entry, 'digest'), textField(field(entry, 'platform'), 'os')]
    return digest === undefined || os === 'unknown'
      ? []
      : [{ digest, platform: platformOf(field(entry, 'platform')) }]
  })
  const found = await Promise.all(
    entries.map(async ({ digest, platform }) => {
      const child = await registry.manifest(digest)
      return child === undefined ? [] : [await contentOf(registry, child, platform)]
    }),
  )
  return found.flat()
}

async function contentOf(
  registry: Registry,
  manifest: StoredManifest,
  platform: string | undefined,
): Promise<ImageContent> {
  const read = parseJson(manifest.text)
  const config = field(read, 'config')
  const configDigest = textField(config, 'digest')
  const isImage = /image|container/.test(textField(config, 'mediaType') ?? '')
  const about =
    isImage && configDigest !== undefined ? parseJson(await registry.blob(configDigest)) : undefined
  const made = listField(about, 'history')
    .filter((entry) => field(entry, 'empty_layer') !== true)
    .map((entry) => textField(entry, 'created_by'))
  const layers = listField(read, 'layers').map((layer, n) => ({
    digest: textField(layer, 'digest') ?? '',
    size: sizeIn(layer),
    madeBy: made[n],
  }))
  return {
    platform: platform ?? platformOf(about),
    digest: manifest.digest,
    configDigest,
    layers,
    size: layers.reduce((sum, { size }) => sum + size, 0) + sizeIn(config),
    labels: labelsIn(field(about, 'config')),
  }
}

function platformOf(value: unknown): string | undefined {
  const [os, architecture, variant] = ['os', 'architecture', 'variant'].map((name) => textField(value, name))
  if (os === undefined || architecture === undefined) return undefined
  return [os, architecture, variant].filter((part) => part !== undefined && part !== '').join('/')
}

function sizeIn(value: unknown): number {
  const size = field(value, 'size')
  return typeof size === 'number' ? size : 0
}

function labelsIn(config: unknown): Readonly<Record<string, string>> {
  const labels = field(config, 'Labels')
  return Object.fromEntries(
    Object.entries(typeof labels === 'object' && labels !== null ? labels : {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}
