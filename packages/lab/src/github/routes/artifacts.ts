/** Files that workflow runs left: https://docs.github.com/rest/actions/artifacts */
import { iso, newestFirst, page, repoUrl, type Call, type Routes } from '../answer.ts'
import type { ArtifactFile } from '../world.ts'
import { nodeId } from './people.ts'

/** GitHub keeps them for so long. */
const KEPT_MS = 90 * 24 * 3_600_000

export const artifacts: Routes<'actions/list-artifacts-for-repo'> = {
  'actions/list-artifacts-for-repo': (call) => {
    const name = call.query.get('name')
    const all = newestFirst(call, call.repository.artifacts).filter(
      (one) => name === null || one.name === name,
    )
    const { items, headers } = page(call, all)
    const body = { total_count: all.length, artifacts: items.map((one) => artifactBody(call, one)) }
    return { status: 200, body, headers }
  },
}

function artifactBody(
  call: Call,
  { id, name, size, digest, createdAt, expired, ...of }: ArtifactFile,
): object {
  const url = repoUrl(call, `/actions/artifacts/${id}`)
  return {
    id,
    node_id: nodeId('Artifact', id),
    name,
    size_in_bytes: size,
    url,
    archive_download_url: `${url}/zip`,
    expired,
    digest,
    created_at: iso(createdAt),
    updated_at: iso(createdAt),
    expires_at: iso(createdAt + KEPT_MS),
    workflow_run: {
      id: of.runId,
      repository_id: call.repository.id,
      head_repository_id: of.fork ? call.repository.id + 1 : call.repository.id,
      head_branch: of.branch,
      head_sha: of.sha,
    },
  }
}
