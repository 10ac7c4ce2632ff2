/**
 * `npm test`: everything that needs no cluster. The last line counts the tests: `N passed, N failed`.
 * `npm test -- canary` passes its arguments to jest and leaves the rest out; `npm test -- --all` adds the long ones,
 * which CI plays always.
 */
import { availableParallelism } from 'node:os'
import { jest } from './lib/jest.ts'
import { run } from './lib/run.ts'
import type { Finished } from './lib/run.ts'
import { closingLine } from './lib/tally.ts'

const given = process.argv.slice(2)
/** The long ones too: in CI, when asked for, and when tests are picked by name. */
const all = process.env['CI'] !== undefined || given.length > 0
/** Last on the command line: jest takes every word after it for a project. */
const PROJECTS = ['--selectProjects', 'unit', 'scenarios', ...(all ? ['long'] : [])]

/** Cheap ones first; those in one row run side by side, which two processors can bear. */
const CHECKS: readonly (readonly {
  readonly name: string
  readonly args: readonly string[]
  readonly fix: string
}[])[] = [
  [
    { name: 'lockfile', args: ['scripts/lockfile.ts'], fix: 'node scripts/lockfile.ts --fix' },
    {
      name: 'format',
      args: [...bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'],
      fix: 'npm run lint -- --fix',
    },
    { name: 'docs', args: ['scripts/docs.ts', '--check'], fix: 'npm run docs' },
  ],
  [
    { name: 'types', args: [...bin('typescript/bin/tsc'), '--noEmit', '-p', '.'], fix: 'npx tsc --noEmit' },
    {
      name: 'lint',
      args: [...bin('eslint/bin/eslint.js'), '--cache', '--cache-location', '.cache/eslint/', '.'],
      fix: 'npm run lint -- --fix',
    },
  ],
  [{ name: 'bundles', args: ['scripts/build.ts', '--check'], fix: 'npm run build' }],
]

const asked = given.filter((arg) => arg !== '--all')
const checked = asked.length > 0 || (await check())
/** jest would leave a processor to itself; a scenario waits for most of its time. */
const workers = `--maxWorkers=${availableParallelism() + 1}`
const tally = checked
  ? await jest([...(asked.length > 0 ? asked : ['--silent']), workers, ...PROJECTS])
  : undefined
if (tally !== undefined) console.log(closingLine(tally))
process.exitCode = tally?.failed === 0 ? 0 : 1

/** One line for each check as it passes; stops at the first row that does not. */
async function check(): Promise<boolean> {
  for (const row of CHECKS) {
    const results = await Promise.all(
      row.map(async (one) => ({ ...one, ...(await run(one.name, one.args)) })),
    )
    for (const result of results) console.log(line(result))
    const failed = results.filter(({ ok }) => !ok)
    for (const { name, output, fix } of failed)
      console.error(`\n${name}:\n${output.trimEnd()}\n\nTo repair it: ${fix}`)
    if (failed.length > 0) {
      console.error('\nThe tests were not run.')
      return false
    }
  }
  return true
}

function line({ name, ok, milliseconds }: Finished): string {
  return `${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(9)} ${(milliseconds / 1000).toFixed(1)} s`
}

function bin(path: string): readonly string[] {
  return [`node_modules/${path}`]
}
