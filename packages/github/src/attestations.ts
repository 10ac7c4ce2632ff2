import type { Attestations } from '@release-actions/ports'
import { NotFound } from '@release-actions/values'
import type { GitHub } from './client.ts'

/** More of one digest are attempts to hide the good one behind others, or nothing that we wrote. */
const MOST = 30

/** GitHub's attestations of this repository. @param serverUrl for the pages that people see */
export function createAttestations(github: GitHub, serverUrl: string): Attestations {
  return {
    find: async (digest) => {
      try {
        const { data } = await github.call(
          'GET /repos/{owner}/{repo}/attestations/{subject_digest}',
          { subject_digest: digest, per_page: MOST },
          'attestations: read',
        )
        return (data.attestations ?? []).flatMap(({ bundle }) => (bundle === undefined ? [] : [bundle]))
      } catch (error) {
        // GitHub says 404 where there is none; a token that may not read gets the same, and the error names both.
        if (error instanceof NotFound) return []
        throw error
      }
    },
    store: async (bundle) => {
      const { data } = await github.call(
        'POST /repos/{owner}/{repo}/attestations',
        // As @actions/attest made it: GitHub checks it.
        { bundle: bundle as Record<string, never> },
        'attestations: write',
      )
      return `${serverUrl}/${github.owner}/${github.repo}/attestations/${String(data.id ?? '')}`
    },
  }
}
