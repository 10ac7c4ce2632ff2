/** Who did it: always the workflow's own app, as with GITHUB_TOKEN. */
import { iso, type Call } from '../answer.ts'

export const BOT = 'github-actions[bot]'

export function user(call: Call, login: string, id: number, type: 'Bot' | 'User' | 'Organization'): object {
  const url = `${call.api}/users/${encodeURIComponent(login)}`
  return {
    login,
    id,
    node_id: nodeId('User', id),
    avatar_url: `${call.api}/avatars/${id}`,
    gravatar_id: '',
    url,
    html_url: `${call.api}/${encodeURIComponent(login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    user_view_type: 'public',
    site_admin: false,
  }
}

export const bot = (call: Call): object => user(call, BOT, 41898282, 'Bot')
export const owner = (call: Call): object => user(call, call.repository.owner, 9919, 'Organization')

/** The app behind GITHUB_TOKEN. */
export function app(call: Call): object {
  const since = iso(Date.UTC(2018, 6, 30, 9, 30, 17))
  return {
    id: 15368,
    client_id: 'Iv1.05c79e9ad1f6bdfa',
    slug: 'github-actions',
    node_id: nodeId('App', 15368),
    owner: user(call, 'github', 9919, 'Organization'),
    name: 'GitHub Actions',
    description: 'Automate your workflow from idea to production',
    external_url: 'https://help.github.com/en/actions',
    html_url: 'https://github.com/apps/github-actions',
    created_at: since,
    updated_at: since,
    permissions: {
      checks: 'write',
      contents: 'read',
      deployments: 'write',
      issues: 'write',
      metadata: 'read',
    },
    events: [],
  }
}

export const nodeId = (type: string, id: number): string => Buffer.from(`0:${type}${id}`).toString('base64')
