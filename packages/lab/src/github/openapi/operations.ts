/**
 * The operations that the embedded GitHub serves, and the permission that each takes from a token. Names and paths are
 * GitHub's own (their OpenAPI description); permissions are those of
 * https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
 */

export type Scope = 'actions' | 'attestations' | 'checks' | 'contents' | 'deployments' | 'issues' | 'metadata'
export type Access = 'read' | 'write'
/** Written as the runner's `permissions:` are: what is not named is not given. `metadata: read` always is. */
export type Permissions = Readonly<Partial<Record<Scope, Access>>>

const repo = '/repos/{owner}/{repo}'

export const OPERATIONS = [
  { id: 'rate-limit/get', method: 'GET', path: '/rate_limit', scope: 'metadata', access: 'read' },
  { id: 'repos/get', method: 'GET', path: repo, scope: 'metadata', access: 'read' },
  { id: 'repos/get-commit', method: 'GET', path: `${repo}/commits/{ref}`, scope: 'contents', access: 'read' },
  {
    id: 'repos/compare-commits-with-basehead',
    method: 'GET',
    path: `${repo}/compare/{basehead}`,
    scope: 'contents',
    access: 'read',
  },
  {
    id: 'repos/get-content',
    method: 'GET',
    path: `${repo}/contents/{path}`,
    scope: 'contents',
    access: 'read',
  },
  { id: 'git/get-ref', method: 'GET', path: `${repo}/git/ref/{ref}`, scope: 'contents', access: 'read' },
  {
    id: 'repos/get-all-environments',
    method: 'GET',
    path: `${repo}/environments`,
    scope: 'actions',
    access: 'read',
  },
  {
    id: 'repos/get-environment',
    method: 'GET',
    path: `${repo}/environments/{environment_name}`,
    scope: 'actions',
    access: 'read',
  },

  {
    id: 'repos/create-deployment',
    method: 'POST',
    path: `${repo}/deployments`,
    scope: 'deployments',
    access: 'write',
  },
  {
    id: 'repos/list-deployments',
    method: 'GET',
    path: `${repo}/deployments`,
    scope: 'deployments',
    access: 'read',
  },
  {
    id: 'repos/get-deployment',
    method: 'GET',
    path: `${repo}/deployments/{deployment_id}`,
    scope: 'deployments',
    access: 'read',
  },
  {
    id: 'repos/delete-deployment',
    method: 'DELETE',
    path: `${repo}/deployments/{deployment_id}`,
    scope: 'deployments',
    access: 'write',
  },
  {
    id: 'repos/create-deployment-status',
    method: 'POST',
    path: `${repo}/deployments/{deployment_id}/statuses`,
    scope: 'deployments',
    access: 'write',
  },
  {
    id: 'repos/list-deployment-statuses',
    method: 'GET',
    path: `${repo}/deployments/{deployment_id}/statuses`,
    scope: 'deployments',
    access: 'read',
  },
  {
    id: 'repos/get-deployment-status',
    method: 'GET',
    path: `${repo}/deployments/{deployment_id}/statuses/{status_id}`,
    scope: 'deployments',
    access: 'read',
  },

  { id: 'checks/create', method: 'POST', path: `${repo}/check-runs`, scope: 'checks', access: 'write' },
  {
    id: 'checks/get',
    method: 'GET',
    path: `${repo}/check-runs/{check_run_id}`,
    scope: 'checks',
    access: 'read',
  },
  {
    id: 'checks/update',
    method: 'PATCH',
    path: `${repo}/check-runs/{check_run_id}`,
    scope: 'checks',
    access: 'write',
  },
  {
    id: 'checks/list-annotations',
    method: 'GET',
    path: `${repo}/check-runs/{check_run_id}/annotations`,
    scope: 'checks',
    access: 'read',
  },
  {
    id: 'checks/list-for-ref',
    method: 'GET',
    path: `${repo}/commits/{ref}/check-runs`,
    scope: 'checks',
    access: 'read',
  },

  { id: 'issues/create', method: 'POST', path: `${repo}/issues`, scope: 'issues', access: 'write' },
  { id: 'issues/list-for-repo', method: 'GET', path: `${repo}/issues`, scope: 'issues', access: 'read' },
  { id: 'issues/get', method: 'GET', path: `${repo}/issues/{issue_number}`, scope: 'issues', access: 'read' },
  {
    id: 'issues/update',
    method: 'PATCH',
    path: `${repo}/issues/{issue_number}`,
    scope: 'issues',
    access: 'write',
  },
  {
    id: 'issues/list-comments',
    method: 'GET',
    path: `${repo}/issues/{issue_number}/comments`,
    scope: 'issues',
    access: 'read',
  },
  {
    id: 'issues/create-comment',
    method: 'POST',
    path: `${repo}/issues/{issue_number}/comments`,
    scope: 'issues',
    access: 'write',
  },
  {
    id: 'issues/add-labels',
    method: 'POST',
    path: `${repo}/issues/{issue_number}/labels`,
    scope: 'issues',
    access: 'write',
  },
  {
    id: 'issues/list-labels-for-repo',
    method: 'GET',
    path: `${repo}/labels`,
    scope: 'issues',
    access: 'read',
  },
  { id: 'issues/create-label', method: 'POST', path: `${repo}/labels`, scope: 'issues', access: 'write' },
  { id: 'issues/get-label', method: 'GET', path: `${repo}/labels/{name}`, scope: 'issues', access: 'read' },

  {
    id: 'repos/create-attestation',
    method: 'POST',
    path: `${repo}/attestations`,
    scope: 'attestations',
    access: 'write',
  },
  {
    id: 'repos/list-attestations',
    method: 'GET',
    path: `${repo}/attestations/{subject_digest}`,
    scope: 'attestations',
    access: 'read',
  },

  {
    id: 'actions/list-artifacts-for-repo',
    method: 'GET',
    path: `${repo}/actions/artifacts`,
    scope: 'actions',
    access: 'read',
  },
  {
    id: 'actions/get-workflow-run',
    method: 'GET',
    path: `${repo}/actions/runs/{run_id}`,
    scope: 'actions',
    access: 'read',
  },
  {
    id: 'actions/list-jobs-for-workflow-run',
    method: 'GET',
    path: `${repo}/actions/runs/{run_id}/jobs`,
    scope: 'actions',
    access: 'read',
  },
  {
    id: 'actions/list-jobs-for-workflow-run-attempt',
    method: 'GET',
    path: `${repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs`,
    scope: 'actions',
    access: 'read',
  },
] as const satisfies readonly {
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly scope: Scope
  readonly access: Access
}[]

/** GitHub's name of an operation; `graphql` and `unknown` are ours, for what the description does not have. */
export type OperationId = (typeof OPERATIONS)[number]['id']
