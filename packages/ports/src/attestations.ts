/** Signed statements about artifacts, as a forge keeps them. */
export interface Attestations {
  /**
   * Sigstore bundles whose statements are about a digest, newest first: not verified by anybody.
   * @throws Forbidden when the token may not read them, Unreachable when they cannot be asked for
   */
  find(digest: string): Promise<readonly unknown[]>
  /** @returns the page where people see it @throws Forbidden, naming the permission */
  store(bundle: unknown): Promise<string>
}
