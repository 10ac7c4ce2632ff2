/** Runs jest the way this repository needs it: native ES modules, and a count at the end. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './repo.ts'
import { run } from './run.ts'
import { tallyOf } from './tally.ts'
import type { Tally } from './tally.ts'

/**
 * @param args as jest's command line takes them
 * @returns undefined when jest stopped before it ran anything; it has said why
 */
export async function jest(args: readonly string[]): Promise<Tally | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'release-actions-jest-'))
  // What Node compiled for one worker, and for a test's process that is given this variable, serves the next one.
  process.env['NODE_COMPILE_CACHE'] ??= join(ROOT, '.cache/node')
  const report = join(folder, 'report.json')
  try {
    const { ok } = await run(
      'jest',
      [
        '--experimental-vm-modules',
        '--disable-warning=ExperimentalWarning',
        'node_modules/jest/bin/jest.js',
        '--json',
        `--outputFile=${report}`,
        ...args,
      ],
      'stderr',
    )
    const tally = tallyOf(readFileSync(report, 'utf8'))
    // jest also fails for reasons that are no test's: an open handle with --ci, a missing snapshot.
    return ok || tally.failed > 0 ? tally : { ...tally, failed: 1 }
  } catch (error) {
    console.error(`jest left no report: ${String(error)}`)
    return undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
