import type { JournalEntry } from '@release-actions/engine'
import type { ReleaseId } from '@release-actions/release'
import type { ReasonCode } from '@release-actions/values'

/** One part of the way back, ended: a canary, a switch, a redeploy. */
export interface Part {
  readonly end:
    | { readonly kind: 'done'; readonly changed: boolean }
    /** Another run has it, or has taken it over since the last look: nothing was touched. */
    | { readonly kind: 'left'; readonly reason: string }
    | {
        readonly kind: 'failed'
        readonly decision: 'failed' | 'cancelled' | 'superseded'
        readonly code: ReasonCode
        readonly reason: string
      }
  readonly journal: readonly JournalEntry[]
  /** The pods' own words. */
  readonly words: readonly string[]
  /** What serves now, as far as it was seen. */
  readonly serving: Serving
  /** The GitHub Deployment of what was in flight, which the Lease named. */
  readonly deployment: number | undefined
  /** The exact command that finishes it by hand; undefined: there is nothing to finish. */
  readonly wayBack: string | undefined
}

/** The release with the digest that its pods run: of an image that is named by its tag it may be another one by now. */
export function asItRuns(release: ReleaseId, runs: string | undefined): ReleaseId {
  const { image, digest } = release
  return { ...release, digest: image.includes('@') ? (digest ?? runs) : (runs ?? digest) }
}

/**
 * That a tag leads to another image than the one that was to be restored, as a sentence; undefined: it does not. Of an
 * image by digest nothing is to be said: a runtime may call it by the digest of its platform.
 */
export function movedTag(
  { version, image, digest }: ReleaseId,
  wanted: Pick<ReleaseId, 'version' | 'digest'>,
): string | undefined {
  if (version !== wanted.version || digest === undefined || wanted.digest === undefined) return undefined
  if (digest === wanted.digest || image.includes('@')) return undefined
  return `${image} leads to another image by now: its pods run ${digest}, and ${wanted.digest} was to be restored`
}

export interface Serving {
  readonly release: ReleaseId
  /** Its share of the requests, 0–100, as configured. */
  readonly share: number
}
