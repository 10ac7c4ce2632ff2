import type { WorkflowArtifact, WorkflowArtifacts } from '@release-actions/ports'
import type { GitHub } from './client.ts'

/** More of one name than this are looked at no further. */
const MOST = 100

type Listed = Awaited<ReturnType<typeof list>>[number]

/**
 * The artifacts of this repository's runs. Those of pull requests of forks are left out, since anybody may leave them,
 * under any name; but for those of the run that asks.
 */
export function createWorkflowArtifacts(github: GitHub, runId: number): WorkflowArtifacts {
  const kept = (listed: Listed): readonly WorkflowArtifact[] => keep(listed, runId)
  return {
    named: async (name) => (await list(github, { name })).flatMap(kept).sort((a, b) => a.id - b.id),
    newest: async (limit) => (await list(github, {})).flatMap(kept).slice(0, limit),
  }
}

async function list(github: GitHub, filter: { readonly name?: string }) {
  const { data } = await github.call(
    'GET /repos/{owner}/{repo}/actions/artifacts',
    { ...filter, per_page: MOST },
    'actions: read',
  )
  return data.artifacts
}

function keep(listed: Listed, runId: number): readonly WorkflowArtifact[] {
  const { id, name, digest, size_in_bytes, created_at, expired, workflow_run } = listed
  const ofFork = workflow_run?.head_repository_id !== workflow_run?.repository_id
  if (expired || (ofFork && workflow_run?.id !== runId)) return []
  return [
    {
      id,
      name,
      digest: digest ?? undefined,
      size: size_in_bytes,
      runId: workflow_run?.id ?? 0,
      commit: workflow_run?.head_sha ?? '',
      created: Date.parse(created_at ?? ''),
    },
  ]
}
