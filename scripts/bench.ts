/**
 * `npm run bench [-- --json] [--pairs=N] [words of a name …]`: start-up times as ratios to `node -e 0`, and sizes,
 * against test/bench/targets.json. Ends with 1 when a target is missed by more than the tolerance.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { measure } from './bench/measure.ts'
import type { Measured } from './bench/measure.ts'
import type { Scenario } from './bench/scenario.ts'
import { inRepo } from './lib/repo.ts'

interface Targets {
  /** How much more than its target a figure may be: 0.15 is 15 %. Times differ between machines and runs. */
  readonly tolerance: number
  /** Ratio to `node -e 0`, by scenario. */
  readonly ratios: Readonly<Record<string, number>>
  /** Bytes that an action reads before its first API call, by scenario; `else` for the others. */
  readonly startBytes: Readonly<Record<string, number>>
  /** Bytes of a whole folder in `dist/`, by action. */
  readonly folderBytes: Readonly<Record<string, number>>
}

const args = process.argv.slice(2)
const asked = args.filter((arg) => !arg.startsWith('--'))
const pairs = Number(args.find((arg) => arg.startsWith('--pairs='))?.slice('--pairs='.length) ?? '25')
const targets = JSON.parse(readFileSync(inRepo('test/bench/targets.json'), 'utf8')) as Targets
const missed: string[] = []

const results: Record<string, Measured> = {}
for (const scenario of await scenarios()) {
  if (!asked.every((word) => scenario.name.includes(word))) continue
  const script = inRepo('dist', scenario.action, 'index.js')
  if (!existsSync(script)) {
    missed.push(`${scenario.name}: dist/${scenario.action} is not built`)
    continue
  }
  await using prepared = await scenario.prepare()
  const result = await measure(script, prepared, pairs)
  results[scenario.name] = result
  hold(`${scenario.name}: ratio`, result.ratio, targets.ratios[scenario.name])
  const allowed = targets.startBytes[scenario.name] ?? targets.startBytes['else']
  hold(`${scenario.name}: bytes read before the first API call`, result.bytes, allowed)
}
const folders: Record<string, number> = {}
for (const action of existsSync(inRepo('dist')) ? readdirSync(inRepo('dist')) : []) {
  folders[action] = sizeOf(action)
  hold(`dist/${action}: bytes`, sizeOf(action), targets.folderBytes[action])
}

if (args.includes('--json')) console.log(JSON.stringify({ schema: 1, results, folders, missed }, null, 2))
else print()
process.exitCode = missed.length > 0 ? 1 : 0

/** What the files of `test/bench/` export. */
async function scenarios(): Promise<readonly Scenario[]> {
  const files = readdirSync(inRepo('test/bench')).filter((name) => name.endsWith('.ts'))
  const modules = await Promise.all(
    files
      .sort()
      .map((name) => import(pathToFileURL(inRepo('test/bench', name)).href) as Promise<Partial<Module>>),
  )
  return modules.flatMap((module) => module.scenarios ?? [])
}
interface Module {
  readonly scenarios: readonly Scenario[]
}

function hold(what: string, value: number, target: number | undefined): void {
  if (target === undefined) missed.push(`${what} has no target in test/bench/targets.json`)
  else if (value > target * (1 + targets.tolerance))
    missed.push(`${what} is ${rounded(value)}, target ${rounded(target)}`)
}

function print(): void {
  for (const [name, { ratio, milliseconds, bare, bytes }] of Object.entries(results)) {
    const target = targets.ratios[name]
    const times = `${milliseconds.toFixed(0)} ms, bare Node ${bare.toFixed(0)} ms`
    console.log(
      `${name.padEnd(44)} ${ratio.toFixed(2)}× (target ${String(target ?? '–')}×; ${times}; ${kilobytes(bytes)} read)`,
    )
  }
  for (const [action, bytes] of Object.entries(folders))
    console.log(`dist/${action.padEnd(39)} ${kilobytes(bytes)}`)
  for (const line of missed) console.error(`MISSED ${line}`)
}

function sizeOf(action: string): number {
  return readdirSync(inRepo('dist', action)).reduce(
    (sum, name) => sum + statSync(inRepo('dist', action, name)).size,
    0,
  )
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}

function rounded(value: number): string {
  return value < 100 ? value.toFixed(2) : kilobytes(value)
}
