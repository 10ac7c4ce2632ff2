import type { Registry, StoredManifest } from '@release-actions/ports'
import { field, isObject, listField, parseJson, textField } from '../json.ts'
import type { Sbom } from './sbom.ts'

/** As large as one may be, to be held. */
const MOST_BYTES = 64 * 1024 * 1024

/**
 * The SBOM that buildx left beside an image, of its first platform: an SPDX document as the statement of an in-toto
 * attestation (https://docs.docker.com/build/metadata/attestations/attestation-storage/).
 * @returns undefined when there is none
 */
export async function sbomOfAttestation(
  registry: Registry,
  manifest: StoredManifest,
): Promise<Sbom | undefined> {
  const entries = listField(parseJson(manifest.text), 'manifests')
  const image = entries.find((entry) => !isAttestation(entry))
  const about = entries.find(
    (entry) =>
      isAttestation(entry) && annotation(entry, 'vnd.docker.reference.digest') === textField(image, 'digest'),
  )
  const digest = textField(about, 'digest')
  const attestation = digest === undefined ? undefined : await registry.manifest(digest)
  const layer = listField(parseJson(attestation?.text ?? ''), 'layers').find((one) =>
    (annotation(one, 'in-toto.io/predicate-type') ?? '').startsWith('https://spdx.dev/Document'),
  )
  const blob = textField(layer, 'digest')
  if (blob === undefined) return undefined
  const document = field(parseJson(await textOf(registry, blob)), 'predicate')
  if (!isObject(document)) return undefined
  return {
    text: `${JSON.stringify(document, undefined, 2)}\n`,
    components: listField(document, 'packages').length,
    from: 'buildx',
  }
}

async function textOf(registry: Registry, digest: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of await registry.stream(digest)) {
    size += chunk.length
    if (size > MOST_BYTES) throw new Error(`the SBOM is larger than ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function isAttestation(entry: unknown): boolean {
  return annotation(entry, 'vnd.docker.reference.type') === 'attestation-manifest'
}

function annotation(entry: unknown, name: string): string | undefined {
  return textField(field(entry, 'annotations'), name)
}
