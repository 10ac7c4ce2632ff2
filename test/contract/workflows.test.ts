import { describe, expect, test } from '@jest/globals'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { inRepo } from '../../scripts/lib/repo.ts'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}
interface Job {
  readonly permissions?: unknown
  readonly 'timeout-minutes'?: number
  readonly uses?: string
  readonly needs?: string | readonly string[]
  readonly steps?: readonly Step[]
}
interface Workflow {
  readonly permissions?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

const FOLDER = inRepo('.github', 'workflows')
const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => /\.ya?ml$/.test(name)) : []

describe.each(files)('.github/workflows/%s', (file) => {
  const text = readFileSync(`${FOLDER}/${file}`, 'utf8')
  const workflow = parse(text) as Workflow
  const jobs = Object.entries(workflow.jobs)
  const steps = jobs.flatMap(([, job]) => job.steps ?? [])

  test('grants nothing by default, and each job says what it needs', () => {
    expect(workflow.permissions).toEqual({})
    for (const [name, job] of jobs) expect([name, job.permissions]).toEqual([name, expect.anything()])
  })

  test('ends every job that hangs', () => {
    for (const [name, job] of jobs) {
      if (job.uses === undefined) expect([name, job['timeout-minutes']]).toEqual([name, expect.any(Number)])
    }
  })

  test('names every action by its commit, with the version beside it', () => {
    for (const line of text.split('\n').filter((line) => /^\s*(- )?uses:/.test(line))) {
      expect(line).toMatch(/uses: (\.\/|\$\/|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+){0,2}$)/)
    }
  })

  test('leaves no token in the checkout', () => {
    for (const step of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))) {
      expect(step.with?.['persist-credentials']).toBe(false)
    }
  })

  test('renders no expression into a script', () => {
    for (const { run } of steps) expect(run ?? '').not.toContain('${{')
  })
})

test('the gate job of ci.yml waits for all the others', () => {
  const { jobs } = parse(readFileSync(`${FOLDER}/ci.yml`, 'utf8')) as Workflow
  const others = Object.keys(jobs).filter((name) => name !== 'ci-ok')
  expect(jobs['ci-ok']?.needs).toEqual(others)
})
