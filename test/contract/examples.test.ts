import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { actionNames, actionYml } from '../../scripts/lib/action-yml.ts'
import { inRepo } from '../../scripts/lib/repo.ts'
import { examplesOf, readWorkflow, stepsOf } from '../support/example.ts'

const withExamples = actionNames().filter((name) => readdirSync(inRepo('actions', name)).includes('examples'))
const examples = withExamples.flatMap(examplesOf)
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'RELEASING.md',
  'SECURITY.md',
  ...['action-docs', 'docs/guides'].flatMap((folder) =>
    readdirSync(inRepo(folder)).map((name) => `${folder}/${name}`),
  ),
]

describe.each(examples)('%s', (path) => {
  const workflow = readWorkflow(path)

  test('grants nothing to the workflow, and to each job what it needs', () => {
    expect(workflow.permissions).toEqual({})
    expect(Object.values(workflow.jobs).filter(({ permissions }) => permissions === undefined)).toEqual([])
  })

  test('pins what is not ours, and puts no expression into a script', () => {
    const foreign = stepsOf(workflow).flatMap(({ uses }) =>
      uses === undefined || uses.startsWith('org/release-actions/') ? [] : [uses],
    )
    expect(foreign.filter((uses) => !/@[0-9a-f]{40}$/.test(uses))).toEqual([])
    expect(stepsOf(workflow).filter(({ run = '' }) => run.includes('${{'))).toEqual([])
  })

  test('leaves no token in the checkout', () => {
    const checkouts = stepsOf(workflow).filter(({ uses = '' }) => uses.startsWith('actions/checkout@'))
    for (const step of checkouts) expect(step.with?.['persist-credentials']).toBe(false)
  })

  test('gives our actions inputs that they have', () => {
    const unknown = stepsOf(workflow).flatMap((step) => {
      const [, action] = /^org\/release-actions\/([a-z-]+)@/.exec(step.uses ?? '') ?? []
      if (action === undefined) return []
      const { inputs } = actionYml(action)
      return Object.keys(step.with ?? {}).filter((name) => inputs[name] === undefined)
    })
    expect(unknown).toEqual([])
  })
})

test('blocks that are marked as examples say what the example files say', () => {
  const marked = pages.flatMap((page) =>
    [...readFileSync(inRepo(page), 'utf8').matchAll(/<!-- example: (\S+) -->\n+```yaml\n([^]*?)```/g)].map(
      ([, path = '', yaml = '']) => ({ path, block: parse(yaml) as unknown }),
    ),
  )
  expect(marked.map(({ path }) => path)).toContain('actions/canary-step/examples/first-workflow.yml')
  for (const { path, block } of marked) expect(block).toEqual(readWorkflow(path))
})

test('links between the pages lead somewhere', () => {
  const broken = pages.flatMap((page) => {
    const folder = page.includes('/') ? `${page.slice(0, page.lastIndexOf('/'))}/` : ''
    const text = readFileSync(inRepo(page), 'utf8')
    const targets = [...text.matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(([, target = '']) => target)
    return targets.filter((target) => !leads(target, page, folder)).map((target) => `${page}: ${target}`)
  })
  expect(broken).toEqual([])
})

function leads(target: string, page: string, folder: string): boolean {
  const [path = '', anchor] = target.split('#')
  const file = inRepo(path === '' ? page : folder + path)
  if (!existsSync(file)) return false
  return anchor === undefined || headings(readFileSync(file, 'utf8')).includes(anchor)
}

/** As GitHub makes anchors of them. */
function headings(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
