import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { Forbidden, InvalidInput, messageOf } from '@release-actions/values'
import { isObject, parseJson } from '../json.ts'

/**
 * Whom to believe: the authorities of Sigstore, as a file (`gh attestation trusted-root > trusted_root.jsonl`: one root
 * a line, or one JSON document), else the public instance's, fetched by TUF.
 * @param temp where TUF keeps what it fetched
 * @throws InvalidInput for a file that holds none, Forbidden when none can be fetched: unknown is never a pass
 */
export async function trustedRoots(file: string | undefined, temp: string): Promise<readonly TrustedRoot[]> {
  if (file !== undefined) return readRoots(file)
  try {
    const { getTrustedRoot } = await import('@sigstore/tuf')
    return [await getTrustedRoot({ cachePath: join(temp, 'release-actions-tuf'), retry: 2, timeout: 10_000 })]
  } catch (error) {
    throw new Forbidden(
      `whom to trust is not known: Sigstore's trusted root cannot be fetched (${messageOf(error)})`,
      {
        fix: [
          'let the runner reach tuf-repo-cdn.sigstore.dev, or give a file: gh attestation trusted-root > trusted_root.jsonl, and trusted-root: trusted_root.jsonl',
        ],
        cause: error,
      },
    )
  }
}

async function readRoots(file: string): Promise<readonly TrustedRoot[]> {
  const wrong = (why: string): InvalidInput =>
    new InvalidInput('trusted-root', file, `a file as gh attestation trusted-root writes it (${why})`)
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw wrong(messageOf(error))
  })
  const whole = parseJson(text)
  const documents = isObject(whole)
    ? [whole]
    : text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map(parseJson)
  if (documents.length === 0) throw wrong('it is empty')
  return documents.map((document) => {
    if (!isObject(document) || document['certificateAuthorities'] === undefined)
      throw wrong('it names no certificate authorities')
    try {
      return TrustedRoot.fromJSON(document)
    } catch (error) {
      throw wrong(messageOf(error))
    }
  })
}
