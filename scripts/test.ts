/**
 * `npm test`: everything that needs no cluster. The last line counts the tests: `N passed, N failed`.
 * `npm test -- canary` passes its arguments to jest and leaves the rest out; `npm test -- --all` adds the long ones,
 * which CI plays always.
 */
import { availableParallelism } from 'node:os'
import { actionNames } from './lib/action-yml.ts'
import { changedFiles, deletedFiles } from './lib/changed.ts'
import { jest } from './lib/jest.ts'
import { run } from './lib/run.ts'
import type { Finished } from './lib/run.ts'
import { closingLine } from './lib/tally.ts'

const given = process.argv.slice(2)
/** The long ones too: in CI, when asked for, and when tests are picked by name. */
const all = process.env['CI'] !== undefined || given.length > 0
// Of the faults, fewer than when they are asked for: faults.yml plays every one, a share at a time.
if (given.length === 0) process.env['FAULTS'] ??= 'few'
/** Last on the command line: jest takes every word after it for a project. */
const PROJECTS = ['--selectProjects', 'unit', 'scenarios', ...(all ? ['long'] : [])]

interface Check {
  readonly name: string
  readonly args: readonly string[]
  readonly fix: string
  /** The files that it looks at; none: nothing to do. */
  readonly of?: readonly string[]
}

const SOURCE = /\.[cm]?[jt]s$/
/** CI looks at every file; a person waits for those that differ from what CI has seen. */
const touched = all ? undefined : changedFiles()
const sources = touched?.filter((file) => SOURCE.test(file)) ?? ['.']
/** The same with those that are gone: what imported one is not touched. */
const changed = touched === undefined ? ['.'] : [...touched, ...deletedFiles()]

/** In the order in which they begin: what takes longest must not be what is left at the end. */
const CHECKS: readonly Check[] = [
  ...halves(actionNames()).map((names) => ({
    name: `dist: ${names.join(', ')}`,
    args: ['scripts/build.ts', '--check', ...names],
    fix: `npm run build -- ${names.join(' ')}`,
    // The rules of `changedFiles` hold the lockfile and tsconfig.json.
    of: changed.filter((file) => file === '.' || /^(actions|packages|dist|scripts)\//.test(file)),
  })),
  {
    name: 'types',
    args: [...bin('typescript/bin/tsc'), '--noEmit', '-p', '.'],
    fix: 'npx tsc --noEmit',
    of: changed.filter((file) => file === '.' || SOURCE.test(file)),
  },
  {
    name: 'lint',
    args: [...bin('eslint/bin/eslint.js'), ...cache('eslint/'), '--no-warn-ignored', ...sources],
    fix: 'npm run lint -- --fix',
    of: sources,
  },
  {
    name: 'format',
    args: [
      ...bin('prettier/bin/prettier.cjs'),
      ...['--check', '--log-level', 'warn', '--ignore-unknown'],
      ...cache('prettier'),
      ...(touched ?? ['.']),
    ],
    fix: 'npm run lint -- --fix',
    of: touched ?? ['.'],
  },
  { name: 'docs', args: ['scripts/docs.ts', '--check'], fix: 'npm run docs' },
  { name: 'lockfile', args: ['scripts/lockfile.ts'], fix: 'node scripts/lockfile.ts --fix' },
]

const asked = given.filter((arg) => arg !== '--all')
const checked = asked.length > 0 || (await check())
/** jest would leave a processor to itself; a scenario waits for much of its time, and the long ones for most of it. */
const workers = `--maxWorkers=${availableParallelism() + (all ? 3 : 2)}`
const tally = checked
  ? await jest([...(asked.length > 0 ? asked : ['--silent']), workers, ...PROJECTS])
  : undefined
if (tally !== undefined) console.log(closingLine(tally))
process.exitCode = tally?.failed === 0 ? 0 : 1

/** As many side by side as there are processors, and a line for each as it ends. */
async function check(): Promise<boolean> {
  const failed: (Check & Finished)[] = []
  const waiting = CHECKS.filter(({ of }) => of === undefined || of.length > 0)
  async function lane(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = { ...next, ...(await run(next.name, next.args)) }
      console.log(line(result))
      if (!result.ok) failed.push(result)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, lane))
  for (const { name, output, fix } of failed)
    console.error(`\n${name}:\n${output.trimEnd()}\n\nTo repair it: ${fix}`)
  if (failed.length > 0) console.error('\nThe tests were not run.')
  return failed.length === 0
}

function line({ name, ok, milliseconds }: Finished): string {
  return `${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(52)} ${(milliseconds / 1000).toFixed(1)} s`
}

/** A process for each half: ncc works in one thread, and what one bundle has loaded the next one needs too. */
function halves<T>(list: readonly T[]): readonly (readonly T[])[] {
  const middle = Math.ceil(list.length / 2)
  return [list.slice(0, middle), list.slice(middle)]
}

function cache(location: string): readonly string[] {
  return ['--cache', '--cache-location', `.cache/${location}`]
}

function bin(path: string): readonly string[] {
  return [`node_modules/${path}`]
}
