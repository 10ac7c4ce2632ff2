import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { startGitHub, type EmbeddedGitHub } from '../../src/github/index.ts'
import { clientOf, type Client } from './ask.ts'

let github: EmbeddedGitHub
let client: Client
beforeEach(async () => {
  github = await startGitHub()
  client = clientOf(github)
})
afterEach(() => github.close())

const annotation = { path: 'a.ts', start_line: 1, end_line: 1, annotation_level: 'notice', message: 'm' }

describe('check runs', () => {
  test('go from in progress to a conclusion, and are found by commit and name', async () => {
    const name = 'gate / shop'
    const made = await client.post('/check-runs', { name, head_sha: github.sha, status: 'in_progress' })
    expect([made.status, made.at('conclusion'), made.at('completed_at')]).toEqual([201, null, null])
    const output = { title: 'passed', summary: '| a |', annotations: [annotation] }
    const ended = await client.patch(`/check-runs/${String(made.at('id'))}`, {
      conclusion: 'success',
      output,
    })
    expect([ended.at('status'), ended.at('conclusion'), ended.at('output', 'annotations_count')]).toEqual([
      'completed',
      'success',
      1,
    ])
    const found = await client.get(`/commits/main/check-runs?check_name=${encodeURIComponent(name)}`)
    expect([found.at('total_count'), found.at('check_runs', 0, 'id')]).toEqual([1, made.at('id')])
    expect((await client.get(`/check-runs/${String(made.at('id'))}/annotations`)).at(0, 'path')).toBe('a.ts')
    expect(github.violations).toEqual([])
  })

  test.each([
    ['completed without a conclusion', { status: 'completed' }],
    ['a conclusion and another status', { status: 'in_progress', conclusion: 'success' }],
    ['a summary of 65,536 characters', { output: { title: 't', summary: 'x'.repeat(65_536) } }],
    ['51 annotations', { output: { title: 't', summary: 's', annotations: Array(51).fill(annotation) } }],
    ['an output without a title', { output: { summary: 's' } }],
    [
      'an unknown field deep inside',
      { output: { title: 't', summary: 's', annotations: [{ ...annotation, line: 1 }] } },
    ],
    ['an unknown commit', { head_sha: 'f'.repeat(40) }],
  ])('are refused with %s', async (_, wrong) => {
    const reply = await client.post('/check-runs', { name: 'gate', head_sha: github.sha, ...wrong })
    expect([reply.status, github.checkRuns.length]).toEqual([422, 0])
  })

  test('list the newest of a name unless all are asked for', async () => {
    for (const name of ['a', 'a', 'b']) await client.post('/check-runs', { name, head_sha: github.sha })
    expect((await client.get(`/commits/${github.sha}/check-runs`)).at('total_count')).toBe(2)
    expect((await client.get(`/commits/${github.sha}/check-runs?filter=all`)).at('total_count')).toBe(3)
  })
})

describe('issues', () => {
  test('are opened with labels, found by them, commented on and closed', async () => {
    const made = await client.post('/issues', {
      title: 'Rolled back',
      body: 'b',
      labels: ['incident', 'shop'],
    })
    expect([made.status, made.at('number'), made.at('labels', 1, 'name')]).toEqual([201, 1, 'shop'])
    await client.post('/issues', { title: 'Other' })
    expect((await client.get('/issues?labels=incident,shop')).at('length')).toBe(1)
    expect((await client.post('/issues/1/comments', { body: 'again' })).status).toBe(201)
    expect((await client.get('/issues/1/comments')).at(0, 'body')).toBe('again')
    const closed = await client.patch('/issues/1', { state: 'closed', state_reason: 'completed' })
    expect([closed.at('state'), closed.at('closed_at')]).toEqual(['closed', expect.any(String)])
    expect((await client.get('/issues?labels=incident')).at('length')).toBe(0)
    expect((await client.get('/issues?state=all&direction=asc')).at(0, 'comments')).toBe(1)
    expect((await client.post('/issues/2/labels', { labels: ['Incident'] })).at(0, 'name')).toBe('incident')
    expect((await client.post('/labels', { name: 'INCIDENT' })).status).toBe(422)
    expect((await client.post('/labels', { name: 'new', color: 'ff0000' })).status).toBe(201)
    expect((await client.get('/labels/new')).at('color')).toBe('ff0000')
    expect(github.violations).toEqual([])
  })
})

describe('the repository', () => {
  test('gives itself, commits by branch, tag and SHA, refs, files and directories', async () => {
    const sha = github.commit({ files: { '.github/release-actions.yml': 'a: 1\n', 'docs/x/y.md': 'y' } })
    github.tag('v1')
    expect((await client.get('')).at('default_branch')).toBe('main')
    for (const ref of ['main', 'v1', sha, 'heads%2Fmain'])
      expect((await client.get(`/commits/${ref}`)).at('sha')).toBe(sha)
    expect((await client.get('/git/ref/heads/main')).at('object', 'sha')).toBe(sha)
    const file = await client.get('/contents/.github/release-actions.yml?ref=v1')
    expect(Buffer.from(String(file.at('content')), 'base64').toString()).toBe('a: 1\n')
    expect((await client.get('/contents/docs')).at(0)).toMatchObject({ type: 'dir', path: 'docs/x' })
    expect((await client.get('/contents/none')).status).toBe(404)
    expect(github.violations).toEqual([])
  })

  test('gives the jobs of a run, and of each attempt', async () => {
    const { runId } = github.run({ id: 7, job: 'release' })
    github.run({ id: 7, attempt: 2, job: 'release' })
    github.run({ id: 7, attempt: 2, job: 'retreat' })
    const last = await client.get(`/actions/runs/${runId}/jobs`)
    expect([last.at('total_count'), last.at('jobs', 0, 'run_attempt'), last.at('jobs', 1, 'name')]).toEqual([
      2,
      2,
      'retreat',
    ])
    expect((await client.get('/actions/runs/7/attempts/1/jobs')).at('total_count')).toBe(1)
    expect((await client.get('/actions/runs/7')).at('status')).toBe('in_progress')
    github.endJob(7, 'cancelled')
    expect((await client.get('/actions/runs/7')).at('conclusion')).toBe('cancelled')
    expect(github.violations).toEqual([])
  })
})
