/**
 * Runs a workflow of a user's repository with act, on this machine as the runner. What act does otherwise than GitHub:
 * it knows neither `$/` (it gets the rendering for GitHub Enterprise Server, see ADR 0012) nor environments,
 * permissions and concurrency groups (it ignores them; what is a secret of an environment must be passed by the caller), and it skips the checkout, since the files are there. Actions
 * of others are stood in for by steps that print their names: there is no network here to fetch them over. Of
 * download-artifact the stand-in puts the files there, so what is tested is what comes before and after it.
 */
import { spawn } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import { delimiter, dirname, join } from 'node:path'
import type { EmbeddedGitHub } from '@release-actions/lab'
import { toolPath } from '../../../scripts/lib/tools.ts'
import { initialise, REPOSITORY } from './published.ts'

export interface ActOrder {
  /** The files of the user's repository by path, with its workflow at `.github/workflows/release.yml`. */
  readonly files: Readonly<Record<string, string>>
  /** `push`, `pull_request`, `workflow_dispatch` … */
  readonly event?: string
  /** What a person typed for `workflow_dispatch`. */
  readonly inputs?: Readonly<Record<string, string>>
  /** The webhook's payload. */
  readonly payload?: object
  readonly secrets?: Readonly<Record<string, string>>
  readonly variables?: Readonly<Record<string, string>>
  readonly github: EmbeddedGitHub
  /** A folder for each ref of release-actions that workflows may name. */
  readonly refs: Readonly<Record<string, string>>
  /** Folders that come first on the PATH of steps, and further variables of theirs: what a runner would have. */
  readonly path?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** What jobs before have uploaded: the files of each artifact, by path. */
  readonly artifacts?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly runId?: number
  readonly attempt?: number
  /** Is told of each line as it comes, and of the process that runs everything. */
  readonly onLine?: (line: string, pid: number) => void
}

export interface ActResult {
  readonly exitCode: number
  /** How each job ended; a skipped one is missing. */
  readonly jobs: Readonly<Record<string, 'success' | 'failure'>>
  /** What steps printed and act says, a line each. */
  readonly log: string
}

/** Ends with the run, however it ends. @throws Error when act does not start */
export async function act(order: ActOrder): Promise<ActResult> {
  const root = mkdtempSync(join(tmpdir(), 'act-'))
  const repository = join(root, 'repository')
  try {
    for (const [path, text] of Object.entries(order.files)) write(join(repository, path), text)
    for (const [name, files] of Object.entries(order.artifacts ?? {}))
      for (const [path, text] of Object.entries(files)) write(join(root, 'artifacts', name, path), text)
    const sha = initialise(repository, 'A shop')
    order.github.commit({ sha })
    const { event = 'push' } = order
    const run = order.github.run({
      sha,
      eventName: event,
      attempt: order.attempt ?? 1,
      ...(order.runId === undefined ? {} : { id: order.runId }),
    })
    const payload = { inputs: order.inputs ?? {}, ...order.payload }
    write(join(root, 'event.json'), JSON.stringify(payload))
    const pairs = {
      GITHUB_API_URL: run.apiUrl,
      GITHUB_GRAPHQL_URL: run.graphqlUrl,
      GITHUB_SERVER_URL: run.serverUrl,
      GITHUB_REPOSITORY: run.repository,
      GITHUB_RUN_ID: String(run.runId),
      GITHUB_RUN_NUMBER: String(run.runId),
      GITHUB_RUN_ATTEMPT: String(run.runAttempt),
      ...order.env,
    }
    const secrets = { ...order.secrets, GITHUB_TOKEN: run.token }
    const quoted = Object.entries(secrets).map(([name, value]) => `${name}='${value}'\n`)
    write(join(root, 'secrets'), quoted.join(''))
    const args = [
      event,
      '--json',
      '--directory',
      repository,
      '--eventpath',
      join(root, 'event.json'),
      '--platform',
      'ubuntu-latest=-self-hosted',
      '--use-new-action-cache',
      '--action-cache-path',
      join(root, 'cache'),
      '--no-cache-server',
      '--pull=false',
      // Nothing of the machine that runs the tests gets in.
      ...['env', 'var', 'input'].flatMap((kind) => [`--${kind}-file`, '/dev/null']),
      // In a file: what is in act's own environment is in that of every step.
      '--secret-file',
      join(root, 'secrets'),
      ...Object.entries(pairs).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...Object.entries(order.variables ?? {}).flatMap(([name, value]) => ['--var', `${name}=${value}`]),
      ...Object.entries(order.inputs ?? {}).flatMap(([name, value]) => ['--input', `${name}=${value}`]),
      ...Object.entries(order.refs).flatMap(([ref, folder]) => [
        '--local-repository',
        `${REPOSITORY}@${ref}=${folder}`,
      ]),
      ...standIns(Object.values(order.refs), root).flatMap(([address, folder]) => [
        '--local-repository',
        `${address}=${folder}`,
      ]),
    ]
    mkdirSync(join(root, 'home'))
    // Jobs find this very Node.
    const path = [...(order.path ?? []), dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter)
    return await ended(args, { PATH: path, HOME: join(root, 'home') }, order.onLine)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** A folder with a stand-in for each action of others that the trees name by its commit. */
function standIns(trees: readonly string[], root: string): readonly (readonly [string, string])[] {
  const texts = trees.flatMap((tree) =>
    globSync('.github/**/*.yml', { cwd: tree }).map((path) => readFileSync(join(tree, path), 'utf8')),
  )
  const addresses = texts.flatMap((text) =>
    [...text.matchAll(/uses: ([\w.-]+\/[\w.-]+)(?:\/[\w./-]+)?@([0-9a-f]{40})/g)].map(
      ([, name = '', sha = '']) => `${name}@${sha}`,
    ),
  )
  return [...new Set(addresses)].map((address, at) => {
    const folder = join(root, 'others', String(at))
    write(join(folder, 'action.yml'), JSON.stringify(standIn(address, join(root, 'artifacts'))))
    return [address, folder]
  })
}

function standIn(address: string, artifacts: string): object {
  const said = { run: `echo "stands in for ${address}"`, shell: 'bash' }
  const common = { name: address, description: 'Stands in.' }
  if (!address.startsWith('actions/download-artifact@'))
    return { ...common, runs: { using: 'composite', steps: [said] } }
  const fetched = {
    env: { NAME: '${{ inputs.name }}', TO: '${{ inputs.path }}' },
    run: `mkdir -p "$TO" && cp -R "${artifacts}/$NAME/." "$TO"`,
    shell: 'bash',
  }
  const inputs = {
    name: { description: 'Which', required: true },
    path: { description: 'Whereto', required: true },
  }
  return { ...common, inputs, runs: { using: 'composite', steps: [said, fetched] } }
}

interface Line {
  readonly msg?: string
  readonly job?: string
  readonly jobID?: string
  readonly jobResult?: string
}

function ended(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  hear: ActOrder['onLine'],
): Promise<ActResult> {
  const path = toolPath('act')
  if (path === undefined) throw new Error('act is not here: npm run tools')
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const lines: Line[] = []
    const pid = child.pid ?? 0
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (text) => {
        const line = text.startsWith('{') ? (JSON.parse(text) as Line) : { msg: text }
        lines.push(line)
        hear?.(printed(line), pid)
      })
    }
    child.on('error', reject)
    child.on('close', (code) => {
      const jobs = lines.flatMap(({ jobID, jobResult }) =>
        jobID !== undefined && (jobResult === 'success' || jobResult === 'failure')
          ? [[jobID, jobResult] as const]
          : [],
      )
      resolve({ exitCode: code ?? 1, jobs: Object.fromEntries(jobs), log: lines.map(printed).join('\n') })
    })
  })
}

/** These jobs, and each well. */
export function success(...jobs: readonly string[]): ActResult['jobs'] {
  return Object.fromEntries(jobs.map((job) => [job, 'success' as const]))
}

/** How the jobs ended; where it is not as expected, the log says why. */
export function expectJobs({ jobs, log }: ActResult, expected: ActResult['jobs']): void {
  if (isDeepStrictEqual(jobs, expected)) return
  const lines = log
    .split('\n')
    .filter((line) => !/LocalRepositoryCache|GoGitActionCache|interpolate/.test(line))
  throw new Error(
    `the jobs ended as ${JSON.stringify(jobs)}, not ${JSON.stringify(expected)}:\n${lines.slice(-120).join('\n')}`,
  )
}

function printed({ job = '', msg = '' }: Line): string {
  return `${job === '' ? '' : `[${job}] `}${msg.trimEnd()}`
}
