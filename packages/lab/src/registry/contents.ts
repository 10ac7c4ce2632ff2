/** What a registry holds: blobs, manifests by digest, and tags, for each name. */
import { createHash } from 'node:crypto'

export interface StoredText {
  readonly type: string
  readonly text: string
}

/** One repository's own; blobs are not shared between repositories, as with a real one without mounting. */
export class Repository {
  readonly blobs = new Map<string, Buffer>()
  readonly manifests = new Map<string, StoredText>()
  readonly tags = new Map<string, string>()

  /** By tag or digest. */
  find(reference: string): (StoredText & { readonly digest: string }) | undefined {
    const digest = reference.startsWith('sha256:') ? reference : this.tags.get(reference)
    const found = digest === undefined ? undefined : this.manifests.get(digest)
    return found === undefined || digest === undefined ? undefined : { ...found, digest }
  }

  /** @returns the digest */
  put(reference: string, stored: StoredText): string {
    const digest = digestOf(stored.text)
    this.manifests.set(digest, stored)
    if (!reference.startsWith('sha256:')) this.tags.set(reference, digest)
    return digest
  }

  /** What a manifest names and this repository does not have. */
  missing(text: string): readonly string[] {
    const read = JSON.parse(text) as {
      readonly config?: { readonly digest: string }
      readonly layers?: readonly { readonly digest: string }[]
      readonly manifests?: readonly { readonly digest: string }[]
    }
    const blobs = [...(read.config === undefined ? [] : [read.config]), ...(read.layers ?? [])]
    return [
      ...blobs.filter(({ digest }) => !this.blobs.has(digest)),
      ...(read.manifests ?? []).filter(({ digest }) => !this.manifests.has(digest)),
    ].map(({ digest }) => digest)
  }
}

export class Contents {
  readonly #repositories = new Map<string, Repository>()

  of(name: string): Repository {
    const found = this.#repositories.get(name) ?? new Repository()
    this.#repositories.set(name, found)
    return found
  }

  known(name: string): Repository | undefined {
    return this.#repositories.get(name)
  }
}

export function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}
