/** What one thing in a registry is known by. */
export interface Descriptor {
  readonly mediaType: string
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string
  /** Bytes, as they are stored: compressed where they are. */
  readonly size: number
}

/** A manifest as the registry holds it: its text is what the digest is of. */
export interface StoredManifest extends Descriptor {
  readonly text: string
}

/** Content to store, that can be read again when a connection breaks in the middle. */
export interface BlobContent {
  readonly digest: string
  /** Bytes. */
  readonly size: number
  open(): AsyncIterable<Uint8Array>
}

/**
 * One repository of a registry, by the OCI distribution API. All methods throw ReleaseError: `forbidden` when it does
 * not let us in, `rate-limited` and `unreachable` when it does not take part, after retries.
 */
export interface Registry {
  /** With the registry's host: `ghcr.io/org/shop`. */
  readonly repository: string
  /** What a tag or a digest names now; undefined when there is none. */
  head(reference: string): Promise<Descriptor | undefined>
  /** The same, with its text. @throws Conflict when the text is not what its digest says */
  manifest(reference: string): Promise<StoredManifest | undefined>
  /**
   * Stores a manifest, under a tag or under its digest alone.
   * @param options.once send it once, and wait so many milliseconds: the outcome of what breaks is then not known
   * @returns its digest
   * @throws Conflict when the registry does not let tags change
   */
  put(
    reference: string,
    mediaType: string,
    text: string,
    options?: { readonly once: number },
  ): Promise<string>
  /** A blob that is small. @throws NotFound, Conflict when it is not what its digest says */
  blob(digest: string): Promise<string>
  /**
   * A blob of any size, as it comes; it is not asked for again when the connection breaks.
   * @throws NotFound; while it is read: Unreachable, and Conflict at its end when it was not what its digest says
   */
  stream(digest: string): Promise<AsyncIterable<Uint8Array>>
  /** Stores a blob, unless it is there. */
  upload(blob: BlobContent): Promise<'uploaded' | 'present'>
  /** All tags, in the registry's order; none when there is no such repository. */
  tags(): Promise<readonly string[]>
  /** Takes a tag away and leaves what it names. @returns false where the registry does not offer that */
  untag(tag: string): Promise<boolean>
}
