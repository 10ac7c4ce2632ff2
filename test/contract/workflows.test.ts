/** Our workflows, those that run here and those that users call: what no linter knows of them. */
import { describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { parseSecrets } from '../../actions/build-artifact/src/parse.ts'
import { actionYml } from '../../scripts/lib/action-yml.ts'
import { inRepo } from '../../scripts/lib/repo.ts'
import { ON_SERVER, renderForServer } from '../../scripts/workflows/render.ts'

interface Step {
  readonly id?: string
  readonly uses?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
  readonly if?: string
  readonly with?: Readonly<Record<string, unknown>>
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly 'timeout-minutes'?: number | string
  readonly uses?: string
  readonly if?: string
  readonly needs?: string | readonly string[]
  readonly environment?: unknown
  readonly concurrency?: unknown
  readonly steps?: readonly Step[]
  readonly with?: Readonly<Record<string, unknown>>
  readonly secrets?: Readonly<Record<string, string>>
}
interface Declared {
  readonly description?: string
}
interface Call {
  readonly inputs?: Readonly<Record<string, Declared>>
  readonly outputs?: Readonly<Record<string, Declared>>
  readonly secrets?: Readonly<Record<string, Declared>>
}
interface Workflow {
  readonly on: {
    readonly workflow_call?: Call
    readonly workflow_dispatch?: { readonly inputs?: object } | null
  }
  readonly permissions?: unknown
  readonly concurrency?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

const FOLDER = inRepo('.github', 'workflows')
const files = readdirSync(FOLDER).filter((name) => /\.ya?ml$/.test(name))
const read = (file: string): string => readFileSync(`${FOLDER}/${file}`, 'utf8')
const reusable = files.filter((file) => (parse(read(file)) as Workflow).on.workflow_call !== undefined)

/** A commit with its version beside it, or the running commit of this repository. */
const PINNED = /uses: (\$\/|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+){0,2}$)/

describe.each(files)('.github/workflows/%s', (file) => {
  const text = read(file)
  const workflow = parse(text) as Workflow
  const jobs = Object.entries(workflow.jobs)
  const steps = jobs.flatMap(([, job]) => job.steps ?? [])

  test('grants nothing by default, and each job says what it needs', () => {
    expect(workflow.permissions).toEqual({})
    for (const [name, job] of jobs) expect([name, job.permissions]).toEqual([name, expect.anything()])
  })

  test('says why it may write what it may write', () => {
    const unexplained = text.split('\n').filter((line) => /^\s+[a-z-]+: write\s*$/.test(line))
    expect(unexplained).toEqual([])
  })

  test('ends every job that hangs', () => {
    for (const [name, job] of jobs) {
      if (job.uses === undefined) {
        expect([name, String(job['timeout-minutes'])]).toEqual([
          name,
          expect.stringMatching(/^(\d+|\$\{\{ inputs\.job-minutes( \|\| \d+)? \}\})$/),
        ])
      }
    }
  })

  test('names every action by its commit, with the version beside it', () => {
    for (const line of text.split('\n').filter((line) => /^\s*(- )?uses:/.test(line))) {
      expect(line).toMatch(PINNED)
    }
  })

  test('finds its siblings: actions and workflows that a release has', () => {
    const named = [...jobs.map(([, job]) => job.uses), ...steps.map(({ uses }) => uses)]
    const missing = named
      .filter((uses) => uses?.startsWith('$/') === true)
      .map((uses = '') => uses.slice(2))
      .filter((path) => !existsSync(sibling(path)))
    expect(missing).toEqual([])
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

describe.each(reusable)('.github/workflows/%s, which users call', (file) => {
  const text = read(file)
  const workflow = parse(text) as Workflow
  const jobs = Object.entries(workflow.jobs)

  test('describes each input, output and secret', () => {
    const { inputs = {}, outputs = {}, secrets = {} } = workflow.on.workflow_call ?? {}
    for (const [name, { description = '' }] of Object.entries({ ...inputs, ...outputs, ...secrets }))
      expect([name, description]).toEqual([name, expect.stringMatching(/\S{3}/)])
  })

  test('holds no concurrency group: a job that waits for approval would hold it for up to thirty days', () => {
    expect(workflow.concurrency).toBeUndefined()
    expect(jobs.filter(([, job]) => job.concurrency !== undefined)).toEqual([])
  })

  test('says in full which jobs must have succeeded: success() also asks those before the caller', () => {
    const implied = jobs.filter(
      ([, { needs, if: condition = '' }]) =>
        needs !== undefined && !/always\(\)|!cancelled\(\)/.test(condition),
    )
    expect(implied.map(([name]) => name)).toEqual([])
  })

  test('uses environments for their secrets and reviewers, and files no Deployment with them', () => {
    for (const [name, { environment }] of jobs.filter(([, job]) => job.environment !== undefined))
      expect([name, environment]).toEqual([name, { name: expect.anything(), deployment: false }])
  })

  test('has at most the ten inputs of a button that GitHub Enterprise Server allows', () => {
    const { inputs = {} } = workflow.on.workflow_dispatch ?? {}
    expect(Object.keys(inputs).length).toBeLessThanOrEqual(10)
  })

  test('reads every input that it declares', () => {
    const declared = Object.keys(workflow.on.workflow_call?.inputs ?? {})
    const body = JSON.stringify(workflow.jobs)
    expect(declared.filter((name) => !new RegExp(`\\binputs\\.${name}\\b(?!-)`).test(body))).toEqual([])
  })

  test('goes back in an environment of its own, which has no reviewers', () => {
    const back = jobs.filter(([, job]) => job.steps?.some(({ uses }) => uses === '$/rollback'))
    const name = "${{ inputs.rollback-environment || format('{0}-rollback', inputs.environment) }}"
    for (const [job, { environment }] of back)
      expect([job, environment]).toEqual([job, { name, deployment: false }])
  })

  test('logs in as it is told, as the file says, or as the variable does; and then shows no action the secret', () => {
    for (const [name, { steps = [] }] of jobs) {
      const login = steps.find(({ uses }) => uses === '$/.github/actions/login')
      if (login === undefined) continue
      const chain = login.if ?? ''
      expect([name, chain]).toEqual([
        name,
        expect.stringMatching(
          /^(needs\.settings|inputs\.(production-)?login \|\| steps\.select)\.outputs\.login \|\| vars\.RELEASE_LOGIN$/,
        ),
      ])
      expect(login.with).toEqual({ login: `\${{ ${chain} }}` })
      const given = steps.filter(({ with: inputs }) => inputs?.['kubeconfig'] !== undefined)
      expect(given.map((step) => step.with?.['kubeconfig'])).toEqual([
        `\${{ !(${chain}) && secrets.KUBECONFIG || '' }}`,
      ])
    }
  })

  test('gives our actions inputs that they have', () => {
    const unknown = jobs
      .flatMap(([, job]) => job.steps ?? [])
      .flatMap((step) => {
        const [, action] = /^\$\/([a-z-]+)$/.exec(step.uses ?? '') ?? []
        if (action === undefined) return []
        const { inputs } = actionYml(action)
        return Object.keys(step.with ?? {}).filter((name) => inputs[name] === undefined)
      })
    expect(unknown).toEqual([])
  })

  test('grants the workflows that it calls what they ask for: less is an error before anything starts', () => {
    for (const [name, job] of jobs) {
      const [, called] = /^\$\/\.github\/workflows\/(.*)$/.exec(job.uses ?? '') ?? []
      if (called === undefined) continue
      expect([name, missing(job.permissions, askedBy(called))]).toEqual([name, {}])
      const { inputs = {} } = (parse(read(called)) as Workflow).on.workflow_call ?? {}
      expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(job.with ?? {})))
    }
  })

  test('differs for GitHub Enterprise Server, and for act, in these places alone', () => {
    const siblings = { repository: 'org/release-actions', ref: 'v1.2.3' }
    const rendered = parse(renderForServer(file, text, siblings)) as unknown
    const expected = leaves(workflow).flatMap(([path, value]): (readonly [string, unknown])[] => {
      if (path.endsWith('.environment.deployment') || path.endsWith('.permissions.attestations')) return []
      if (!path.endsWith('.uses') || typeof value !== 'string') return [[path, value]]
      if (value.startsWith('$/')) return [[path, `org/release-actions/${value.slice(2)}@v1.2.3`]]
      const { sha } = ON_SERVER[value.split('@')[0] ?? ''] ?? {}
      return [[path, sha === undefined ? value : value.replace(/@.*/, `@${sha}`)]]
    })
    expect(leaves(rendered)).toEqual(expected)
    for (const line of renderForServer(file, text, siblings)
      .split('\n')
      .filter((line) => /^\s*(- )?uses:/.test(line) && !line.includes('org/release-actions/')))
      expect(line).toMatch(PINNED)
  })
})

describe.each(readdirSync(inRepo('examples')))('examples/%s', (name) => {
  const { jobs } = parse(readFileSync(inRepo('examples', name), 'utf8')) as Workflow

  test('grants the workflow that it calls what it asks for: less is an error before anything starts', () => {
    for (const [job, { uses, permissions }] of Object.entries(jobs)) {
      const [, called, ref] =
        /^org\/release-actions\/\.github\/workflows\/([\w.-]+)@(v1(?:-ghes)?)$/.exec(uses ?? '') ?? []
      if (called === undefined) continue
      const { attestations, ...asked } = askedBy(called)
      const all = attestations === undefined || ref === 'v1-ghes' ? asked : { ...asked, attestations }
      expect([job, missing(permissions, all)]).toEqual([job, {}])
    }
  })
})

describe.each(readdirSync(inRepo('.github', 'actions')))('.github/actions/%s', (name) => {
  const text = readFileSync(inRepo('.github', 'actions', name, 'action.yml'), 'utf8')
  const { runs } = parse(text) as { readonly runs: { readonly steps: readonly Step[] } }

  test('pins what it uses, and renders no expression into a script', () => {
    for (const line of text.split('\n').filter((line) => /^\s*(- )?uses:/.test(line)))
      expect(line).toMatch(PINNED)
    for (const { run } of runs.steps) expect(run ?? '').not.toContain('${{')
  })
})

test('the gate job of ci.yml waits for all the others', () => {
  const { jobs } = parse(read('ci.yml')) as Workflow
  const others = Object.keys(jobs).filter((name) => name !== 'ci-ok')
  expect(jobs['ci-ok']?.needs).toEqual(others)
})

describe('build.yml', () => {
  const { jobs } = parse(read('build.yml')) as Workflow
  const steps = jobs['build']?.steps ?? []

  test('shows the token of the run to ghcr.io alone', () => {
    const logins = steps.filter(({ uses = '' }) => uses.startsWith('docker/login-action@'))
    const shown = logins.filter((step) => JSON.stringify(step.with).includes('github.token'))
    expect(shown.map((step) => step.with?.['registry'])).toEqual(['ghcr.io'])
    expect(shown[0]?.with?.['password']).toBe('${{ github.token }}')
  })

  const layOut = (secrets: string): { readonly stdout: string; readonly list: string } => {
    const folder = mkdtempSync(join(tmpdir(), 'secrets-'))
    try {
      const env = {
        ...process.env,
        BUILD_SECRETS: secrets,
        RUNNER_TEMP: folder,
        GITHUB_OUTPUT: join(folder, 'out'),
      }
      const script = steps.find(({ id }) => id === 'secrets')?.run ?? ''
      const { stdout } = spawnSync('bash', ['-eo', 'pipefail', '-c', script], { env, encoding: 'utf8' })
      const list = readFileSync(env.GITHUB_OUTPUT, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('id='))
        .map((line) => {
          parseSecrets('secrets', line)
          const [, name, path = ''] = /^id=([^,]+),src=(.+)$/.exec(line) ?? []
          return `${name} is ${readFileSync(path, 'utf8')}`
        })
      return { stdout, list: list.join('\n') }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  test('lays its secrets out as the action wants them, each masked', () => {
    const { stdout, list } = layOut('NPM_TOKEN=npm_a=b%\r\n\nPIN=7\n')
    expect(list).toBe('NPM_TOKEN is npm_a=b%\nPIN is 7')
    expect(stdout).toBe('::add-mask::npm_a=b%25\n')
  })

  test('lays nothing out where there is no secret', () =>
    expect(layOut('')).toEqual({ stdout: '', list: '' }))

  test.each(['hunter22', '../up=hunter22', 'a b=hunter22'])(
    'does not show the line %j that is none',
    (line) => {
      const { stdout, list } = layOut(line)
      expect([stdout, list]).toEqual([
        '::error title=BUILD_SECRETS::BUILD_SECRETS has a line that is not NAME=value\n',
        '',
      ])
    },
  )
})

describe.each(['canary.yml', 'bluegreen.yml'])('the settings of %s', (file) => {
  const { jobs } = parse(read(file)) as Workflow

  test('are read from the file for every service: an approval is not lost for a workload beside it', () => {
    const select = jobs['settings']?.steps?.find(({ uses }) => uses === '$/select-services')
    expect(select?.if).toBe(
      "inputs.service != '' && hashFiles(inputs.config || '.github/release-actions.yml') != ''",
    )
  })
})

describe.each(['canary.yml', 'bluegreen.yml'])('the settings of %s, checked', (file) => {
  const { jobs } = parse(read(file)) as Workflow
  const step = jobs['settings']?.steps?.find(({ run }) => run !== undefined)
  const check = (env: Readonly<Record<string, string>>) => {
    const { status, stdout } = spawnSync('bash', ['-eo', 'pipefail', '-c', step?.run ?? ''], {
      env,
      encoding: 'utf8',
    })
    return [status, stdout.trim()]
  }

  test('want the name that the release is taken back by, also where manifests have it all', () => {
    expect(step?.env?.['NAMED']).toBe('${{ inputs.service || inputs.workload }}')
    expect(check({ NAMED: 'shop', APPROVAL: 'none', PLAN: '[]' })).toEqual([0, ''])
    const refused =
      '::error title=service::service or workload is required: by it a release is recorded, and taken back'
    expect(check({ NAMED: '', APPROVAL: 'none', PLAN: '[]' })).toEqual([1, refused])
  })

  test('say which approvals are legal', () => {
    const [status, said] = check({ NAMED: 'shop', APPROVAL: 'al"l', PLAN: '[]' })
    expect([status, said]).toEqual([1, expect.stringContaining('approval is "al?l"; legal are none')])
  })
})

test('settings that are refused take back nothing of what an earlier run has left', () => {
  const { jobs } = parse(read('canary.yml')) as Workflow
  expect(jobs['retreat']?.if).toMatch(/^always\(\) && needs\.settings\.result == 'success'\s/)
})

describe.each(['canary.yml', 'bluegreen.yml'])('the retreat of %s', (file) => {
  const { jobs } = parse(read(file)) as Workflow

  const retreat = jobs['retreat']

  test('ends the release of its own run alone: what an older one has in flight waits for its own approval', () => {
    const step = retreat?.steps?.find(({ uses }) => uses === '$/rollback')
    expect(step?.with).toMatchObject({ abort: 'true', 'only-own': 'true' })
  })

  test('comes after every job that may leave something, however that one ended without a word', () => {
    const releasing = Object.entries(jobs).filter(([, one]) =>
      one.steps?.some(({ uses }) => uses === '$/canary-step' || uses === '$/bluegreen-switch'),
    )
    expect(retreat?.needs).toEqual(['settings', ...releasing.map(([name]) => name)])
    const condition = (retreat?.if ?? '').replace(/\s+/g, ' ')
    expect(condition).toMatch(/^always\(\) && /)
    expect(condition).toMatch(
      file === 'canary.yml'
        ? /\(contains\(needs\.\*\.result, 'failure'\) \|\| contains\(needs\.\*\.result, 'cancelled'\)\)/
        : /\(needs\.switch\.result == 'failure' \|\| needs\.switch\.result == 'cancelled'\)/,
    )
    const ended = ['retreated', 'held', 'superseded']
    expect([...condition.matchAll(/'(\w+)'/g)].map(([, word]) => word)).toEqual(expect.arrayContaining(ended))
  })

  test('has a name to act on whenever there was one to release by, and the place that the release had', () => {
    const step = retreat?.steps?.find(({ uses }) => uses === '$/rollback')
    expect(step?.with).toMatchObject({
      services: '${{ inputs.service || inputs.workload }}',
      workload: '${{ needs.settings.outputs.workload }}',
      namespace: '${{ needs.settings.outputs.namespace }}',
    })
    const { outputs } = jobs['settings'] as { readonly outputs: Readonly<Record<string, string>> }
    for (const name of ['workload', 'namespace'])
      expect(outputs[name]).toMatch(new RegExp(`^\\$\\{\\{ inputs\\.${name} \\|\\| `))
  })
})

describe('pipeline.yml', () => {
  const { jobs } = parse(read('pipeline.yml')) as Workflow

  test('restores on a verdict alone: a login that failed says nothing against the release', () =>
    expect(jobs['restore']?.if).toBe("${{ always() && needs.verify.outputs.decision == 'fail' }}"))

  test('verifies with the login of the configuration file too, as the release and the way back have it', () => {
    const steps = jobs['verify']?.steps ?? []
    const login = steps.find(({ uses }) => uses === '$/.github/actions/login')
    expect(steps.some(({ id, uses }) => id === 'select' && uses === '$/select-services')).toBe(true)
    expect(login?.if).toContain('steps.select.outputs.login')
  })

  test('hands on every secret that its build takes, and the registry that they are for', () => {
    const { on } = parse(read('build.yml')) as Workflow
    const { with: given, secrets } = jobs['build'] ?? {}
    expect(Object.keys(secrets ?? {})).toEqual(Object.keys(on.workflow_call?.secrets ?? {}))
    expect(given?.['registry']).toBe('${{ inputs.registry }}')
  })

  test('gives its jobs only inputs and secrets that it has', () => {
    const { inputs = {}, secrets = {} } = (parse(read('pipeline.yml')) as Workflow).on.workflow_call ?? {}
    const named = [...read('pipeline.yml').matchAll(/\b(inputs|secrets)\.([\w-]+)/g)]
    const unknown = named.filter(([, kind, name = '']) => !(name in (kind === 'inputs' ? inputs : secrets)))
    expect(unknown.map(([text]) => text)).toEqual([])
  })

  test('holds staging and production to the attestation that it is asked for, and the way back to none', () => {
    const asked = Object.fromEntries(
      ['require-attestation', 'signer-workflow', 'trusted-root'].map((name) => [
        name,
        `\${{ inputs.${name} }}`,
      ]),
    )
    for (const job of ['staging', 'production']) expect(jobs[job]?.with).toMatchObject(asked)
    expect(jobs['restore']?.with).not.toHaveProperty('require-attestation')
  })

  test('restores where it has released', () => {
    expect(jobs['restore']?.with).toMatchObject({
      config: jobs['production']?.with?.['config'],
      namespace: jobs['production']?.with?.['namespace'],
    })
  })
})

test.each([
  ['canary.yml', '$/canary-step'],
  ['bluegreen.yml', '$/bluegreen-switch'],
  ['rollback.yml', '$/rollback'],
])('%s asks for the attestation that its caller asks for', (file, action) => {
  const { jobs } = parse(read(file)) as Workflow
  const steps = Object.values(jobs)
    .flatMap(({ steps = [] }) => steps)
    .filter(({ uses, with: inputs }) => uses === action && inputs?.['abort'] !== 'true')
  expect(steps.length).toBeGreaterThan(0)
  for (const step of steps)
    for (const name of ['require-attestation', 'signer-workflow', 'trusted-root'])
      expect(step.with?.[name]).toBe(`\${{ inputs.${name} }}`)
})

describe('the settings of canary.yml with approval: each', () => {
  const { jobs } = parse(read('canary.yml')) as Workflow
  const script = jobs['settings']?.steps?.find(({ run }) => run !== undefined)?.run ?? ''
  const check = (PLAN: string, UNTIL = ''): string =>
    spawnSync('bash', ['-eo', 'pipefail', '-c', script], {
      env: { NAMED: 'shop', APPROVAL: 'each', PLAN, UNTIL },
      encoding: 'utf8',
    }).stdout

  test.each([
    ['[5, 25, 50, 100]', ''],
    ['[5,\n 25]', '25'],
    ['[0.5, 100]', '0.5'],
    ['[1,2,3,4,5,6,7,8]', '8'],
  ])('take the plan %j up to %j', (plan, until) => expect(check(plan, until)).toBe(''))

  test.each([
    ['[]', '', 'plan is required with approval: each, as JSON'],
    ['careful', '', 'plan is required with approval: each, as JSON'],
    ['5, 25, 100', '', 'plan is required with approval: each, as JSON'],
    ['[1,2,3,4,5,6,7,8,9]', '', 'plan has more than eight weights'],
    ['[5, 25]', '2', 'until is 2, which is no weight of the plan'],
    ['[5, 25]', '25%', 'until is 25?, which is no weight of the plan'],
  ])('refuse the plan %j up to %j, and say what is legal', (plan, until, message) =>
    expect(check(plan, until)).toContain(`::error title=${message.split(' ')[0] ?? ''}::${message}`),
  )
})

const LEVELS = ['none', 'read', 'write']
const level = (permission = 'none'): number => LEVELS.indexOf(permission)

/** All that the jobs of a workflow of ours ask for: its caller must grant it. */
function askedBy(file: string): Readonly<Record<string, string>> {
  const asked: Record<string, string> = {}
  for (const { permissions = {} } of Object.values((parse(read(file)) as Workflow).jobs)) {
    for (const [name, permission] of Object.entries(permissions))
      if (level(permission) > level(asked[name])) asked[name] = permission
  }
  return asked
}

function missing(granted: Job['permissions'] = {}, asked: Readonly<Record<string, string>>): object {
  return Object.fromEntries(
    Object.entries(asked).filter(([name, permission]) => level(granted[name]) < level(permission)),
  )
}

/** Where a sibling is on main: an action's folder is lifted out of dist/ by the release. */
function sibling(path: string): string {
  return path.startsWith('.github/') ? inRepo(path) : inRepo('actions', path, 'action.yml')
}

/** Every value that is no mapping and no list, by its path; `environment: {deployment: false}` is a leaf each. */
function leaves(value: unknown, path = ''): readonly (readonly [path: string, value: unknown])[] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [[path, value]]
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`))
}
