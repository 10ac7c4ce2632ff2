import type { EmbeddedSigstore } from './sigstore.ts'

/** Loaded with its first use: Sigstore's own mock is six hundred modules, which every test file would read for itself. */
export async function startSigstore(): Promise<EmbeddedSigstore> {
  return (await import('./sigstore.ts')).startSigstore()
}
