/** The repository itself, its commits, refs, files and environments. */
import { createHash } from 'node:crypto'
import { iso, notFound, page, Refusal, repoUrl, type Call, type Routes } from '../answer.ts'
import { resolveRef, type Commit, type Environment } from '../world.ts'
import { bot, nodeId, owner } from './people.ts'

type Ids =
  | 'repos/get'
  | 'repos/get-commit'
  | 'repos/compare-commits-with-basehead'
  | 'repos/get-content'
  | 'git/get-ref'
  | 'repos/get-all-environments'
  | 'repos/get-environment'

export const repositories: Routes<Ids> = {
  'repos/get': (call) => ({ status: 200, body: wholeRepository(call) }),
  'repos/get-commit': (call) => {
    const ref = call.params['ref'] ?? ''
    const commit = resolveRef(call.repository, ref)
    if (commit === undefined) throw new Refusal(422, `No commit found for SHA: ${ref}`)
    return { status: 200, body: commitBody(call, commit) }
  },
  'repos/compare-commits-with-basehead': (call) => {
    const [base = '', head = ''] = (call.params['basehead'] ?? '').split('...')
    const [from, to] = [base, head].map((ref) => resolveRef(call.repository, ref))
    if (from === undefined || to === undefined) throw notFound()
    return { status: 200, body: comparisonBody(call, from, to) }
  },
  'repos/get-content': (call) => {
    const commit = resolveRef(call.repository, call.query.get('ref') ?? call.repository.defaultBranch)
    if (commit === undefined)
      throw new Refusal(404, `No commit found for the ref ${call.query.get('ref') ?? ''}`)
    const path = (call.params['path'] ?? '').replace(/\/+$/, '')
    const content = commit.files[path]
    if (content !== undefined)
      return { status: 200, body: { ...entry(call, path, content), ...encoded(content) } }
    const inside = Object.entries(commit.files).filter(([name]) => name.startsWith(`${path}/`))
    if (inside.length === 0) throw notFound()
    const names = new Set(inside.map(([name]) => name.slice(path.length + 1).split('/')[0] ?? ''))
    const body = [...names]
      .sort()
      .map((name) => entry(call, `${path}/${name}`, commit.files[`${path}/${name}`]))
    return { status: 200, body }
  },
  'git/get-ref': (call) => {
    const ref = `refs/${call.params['ref'] ?? ''}`
    const sha = call.repository.refs.get(ref)
    if (sha === undefined) throw notFound()
    const object = { sha, type: 'commit', url: repoUrl(call, `/git/commits/${sha}`) }
    return { status: 200, body: { ref, node_id: `REF_${ref}`, url: repoUrl(call, `/git/${ref}`), object } }
  },
  'repos/get-all-environments': (call) => {
    const all = call.repository.environments
    const { items, headers } = page(call, all)
    const environments = items.map((one) => environmentBody(call, one))
    return { status: 200, body: { total_count: all.length, environments }, headers }
  },
  'repos/get-environment': (call) => {
    const found = call.repository.environments.find(({ name }) => name === call.params['environment_name'])
    if (found === undefined) throw notFound()
    return { status: 200, body: environmentBody(call, found) }
  },
}

function environmentBody(call: Call, one: Environment): object {
  const url = repoUrl(call, `/environments/${encodeURIComponent(one.name)}`)
  const at = iso(one.createdAt)
  return {
    id: one.id,
    node_id: nodeId('Environment', one.id),
    name: one.name,
    url,
    html_url: url,
    created_at: at,
    updated_at: at,
    protection_rules: [],
    deployment_branch_policy: null,
  }
}

const encoded = (content: string): object => ({
  content: Buffer.from(content).toString('base64'),
  encoding: 'base64',
})

/** A file, or a directory when there is no content. */
function entry(call: Call, path: string, content: string | undefined): object {
  const url = repoUrl(call, `/contents/${path}`)
  return {
    type: content === undefined ? 'dir' : 'file',
    size: content === undefined ? 0 : Buffer.byteLength(content),
    name: path.split('/').at(-1),
    path,
    sha: createHash('sha1')
      .update(`blob ${Buffer.byteLength(content ?? '')}\0${content ?? ''}`)
      .digest('hex'),
    url,
    git_url: null,
    html_url: null,
    download_url: null,
    _links: { self: url, git: null, html: null },
  }
}

function commitBody(call: Call, { sha, message, at }: Commit): object {
  const url = repoUrl(call, `/commits/${sha}`)
  const person = { name: 'Octo Cat', email: 'octocat@github.com', date: iso(at) }
  return {
    url,
    sha,
    node_id: `C_${sha}`,
    html_url: url,
    comments_url: `${url}/comments`,
    commit: {
      url: repoUrl(call, `/git/commits/${sha}`),
      author: person,
      committer: person,
      message,
      tree: { sha, url: repoUrl(call, `/git/trees/${sha}`) },
      comment_count: 0,
    },
    author: bot(call),
    committer: bot(call),
    parents: [],
  }
}

/** GitHub gives the files with the first page of the commits alone, and no more than these. */
const MOST_FILES = 300

/** Commits are in a line here, the newer after the older. */
function comparisonBody(call: Call, base: Commit, head: Commit): object {
  const all = [...call.repository.commits.values()]
  const distance = all.indexOf(head) - all.indexOf(base)
  const url = repoUrl(call, `/compare/${base.sha}...${head.sha}`)
  const between = distance > 0 ? all.slice(all.indexOf(base) + 1, all.indexOf(head) + 1) : []
  const first = Number(call.query.get('page') ?? 1) <= 1
  const names = [...new Set([base, head].flatMap(({ files }) => Object.keys(files)))]
  const changed = names.sort().filter((name) => base.files[name] !== head.files[name])
  return {
    url,
    html_url: url,
    permalink_url: url,
    diff_url: `${url}.diff`,
    patch_url: `${url}.patch`,
    base_commit: commitBody(call, base),
    merge_base_commit: commitBody(call, distance < 0 ? head : base),
    status: distance === 0 ? 'identical' : distance > 0 ? 'ahead' : 'behind',
    ahead_by: Math.max(0, distance),
    behind_by: Math.max(0, -distance),
    total_commits: between.length,
    commits: page(call, between).items.map((commit) => commitBody(call, commit)),
    files:
      distance < 0 || !first
        ? []
        : changed.slice(0, MOST_FILES).map((name) => changeBody(call, base, head, name)),
  }
}

function changeBody(call: Call, base: Commit, head: Commit, name: string): object {
  const [before, after] = [base.files[name], head.files[name]]
  const lines = (content: string | undefined): number =>
    content === undefined ? 0 : content.split('\n').length
  const url = repoUrl(call, `/contents/${name}?ref=${head.sha}`)
  return {
    sha: createHash('sha1')
      .update(after ?? before ?? '')
      .digest('hex'),
    filename: name,
    status: before === undefined ? 'added' : after === undefined ? 'removed' : 'modified',
    additions: lines(after),
    deletions: lines(before),
    changes: lines(after) + lines(before),
    blob_url: url,
    raw_url: url,
    contents_url: url,
  }
}

/** The addresses that every repository carries, as templates where GitHub gives templates. */
const ADDRESSES = {
  archive: '/{archive_format}{/ref}',
  assignees: '/assignees{/user}',
  blobs: '/git/blobs{/sha}',
  branches: '/branches{/branch}',
  collaborators: '/collaborators{/collaborator}',
  comments: '/comments{/number}',
  commits: '/commits{/sha}',
  compare: '/compare/{base}...{head}',
  contents: '/contents/{+path}',
  contributors: '/contributors',
  deployments: '/deployments',
  downloads: '/downloads',
  events: '/events',
  forks: '/forks',
  git_commits: '/git/commits{/sha}',
  git_refs: '/git/refs{/sha}',
  git_tags: '/git/tags{/sha}',
  hooks: '/hooks',
  issue_comment: '/issues/comments{/number}',
  issue_events: '/issues/events{/number}',
  issues: '/issues{/number}',
  keys: '/keys{/key_id}',
  labels: '/labels{/name}',
  languages: '/languages',
  merges: '/merges',
  milestones: '/milestones{/number}',
  notifications: '/notifications{?since,all,participating}',
  pulls: '/pulls{/number}',
  releases: '/releases{/id}',
  stargazers: '/stargazers',
  statuses: '/statuses/{sha}',
  subscribers: '/subscribers',
  subscription: '/subscription',
  tags: '/tags',
  teams: '/teams',
  trees: '/git/trees{/sha}',
} as const

/** What other bodies carry of the repository. */
export function smallRepository(call: Call): object {
  const { repository } = call
  const addresses = Object.entries(ADDRESSES).map(([name, path]) => [`${name}_url`, repoUrl(call, path)])
  return {
    id: repository.id,
    node_id: nodeId('Repository', repository.id),
    name: repository.name,
    full_name: `${repository.owner}/${repository.name}`,
    private: false,
    owner: owner(call),
    html_url: `${call.api}/${repository.owner}/${repository.name}`,
    description: null,
    fork: false,
    url: repoUrl(call),
    ...Object.fromEntries(addresses),
  }
}

function wholeRepository(call: Call): object {
  const { repository } = call
  const at = iso(Math.min(call.world.now(), ...[...repository.commits.values()].map((commit) => commit.at)))
  const git = `github.com/${repository.owner}/${repository.name}.git`
  const open = repository.issues.filter(({ state }) => state === 'open').length
  return {
    ...smallRepository(call),
    clone_url: `https://${git}`,
    git_url: `git://${git}`,
    ssh_url: `ssh://git@${git}`,
    svn_url: `https://${git}`,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    forks: 0,
    forks_count: 0,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    size: 0,
    default_branch: repository.defaultBranch,
    open_issues: open,
    open_issues_count: open,
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    archived: false,
    disabled: false,
    visibility: 'public',
    pushed_at: at,
    created_at: at,
    updated_at: at,
    network_count: 0,
    subscribers_count: 0,
  }
}
