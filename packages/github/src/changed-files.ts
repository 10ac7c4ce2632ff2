import { NotFound } from '@release-actions/values'
import type { GitHub } from './client.ts'

/** The paths that differ between two commits; or that GitHub cannot tell all of them, and why. */
export type Changes =
  | { readonly kind: 'known'; readonly paths: readonly string[] }
  | { readonly kind: 'unknown'; readonly reason: string }

/** GitHub names no more than these, and does not say how many there are. */
const MOST_FILES = 300
const NOBODY = /^0+$/

/**
 * Compares two commits. What cannot be known is never "nothing changed".
 * @param base a full SHA; all zeros (a new branch) is unknown
 * @throws Forbidden without `contents: read`
 */
export async function changedFiles(github: GitHub, base: string, head: string): Promise<Changes> {
  if (NOBODY.test(base)) return { kind: 'unknown', reason: 'the branch is new' }
  if (base === head) return { kind: 'known', paths: [] }
  const short = base.slice(0, 7)
  try {
    // The files come with the first page of the commits, of which one is enough.
    const { data } = await github.call('GET /repos/{owner}/{repo}/compare/{basehead}', {
      basehead: `${base}...${head}`,
      per_page: 1,
      page: 1,
    })
    if (data.status === 'diverged' || data.status === 'behind') {
      // The comparison is with where the two parted: what `base` had beyond that would be missed.
      return { kind: 'unknown', reason: `${short} is not behind this commit` }
    }
    const files = data.files ?? []
    if (files.length >= MOST_FILES) {
      return { kind: 'unknown', reason: `${MOST_FILES} files or more differ from ${short}` }
    }
    const paths = files.flatMap(({ filename, previous_filename: before }) =>
      before === undefined ? [filename] : [filename, before],
    )
    return { kind: 'known', paths }
  } catch (error) {
    if (!(error instanceof NotFound)) throw error
    return { kind: 'unknown', reason: `${short} is not in the repository any more` }
  }
}
