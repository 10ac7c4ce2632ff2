/** Measures the start of a process against that of a bare Node, in turns, so that both see the same machine. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inRepo } from '../lib/repo.ts'
import type { Prepared } from './scenario.ts'

export interface Measured {
  /** Median of the pairs' ratios: time of the action to time of `node -e 0`. */
  readonly ratio: number
  /** Medians, in milliseconds. */
  readonly milliseconds: number
  readonly bare: number
  /** Bytes of the bundle's files that were loaded before the first HTTP request (or, without one, at all). */
  readonly bytes: number
}

/** @throws Error when the action ends otherwise than the scenario says */
export async function measure(script: string, prepared: Prepared, pairs: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'release-actions-bench-'))
  try {
    const start = (
      node: readonly string[] = [],
      more: Readonly<Record<string, string>> = {},
    ): Promise<number> => {
      const files = Object.fromEntries(
        ['OUTPUT', 'STATE', 'STEP_SUMMARY', 'ENV', 'PATH'].map((name) => [
          `GITHUB_${name}`,
          join(folder, name),
        ]),
      )
      for (const file of Object.values(files)) writeFileSync(file, '')
      return timed([...node, script], { ...prepared.env, ...files, ...more }, prepared.cwd, prepared.exitCode)
    }
    const counted = join(folder, 'bytes')
    await start(['--require', inRepo('scripts/bench/count-bytes.cjs')], { COUNT_BYTES: counted })
    const bytes = Number(readFileSync(counted, 'utf8'))
    const ratios: number[] = []
    const actions: number[] = []
    const bares: number[] = []
    for (let pair = 0; pair < pairs; pair++) {
      const bare = await timed(['-e', '0'], prepared.env, prepared.cwd, 0)
      const action = await start()
      bares.push(bare)
      actions.push(action)
      ratios.push(action / bare)
    }
    return { ratio: median(ratios), milliseconds: median(actions), bare: median(bares), bytes }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function timed(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
  exitCode: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(process.execPath, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (said += data.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      const took = performance.now() - started
      if (code === exitCode) resolve(took)
      else reject(new Error(`ended with ${String(code)}, not ${String(exitCode)}:\n${said.slice(-2000)}`))
    })
  })
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}
