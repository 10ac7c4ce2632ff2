/** Proves that a bundle needs nothing but its own folder. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { POST } from './action-folder.ts'
import { replaceFolder } from './freshness.ts'

/**
 * Starts the bundle without inputs from a copy in the temporary folder, then loads each of its chunks.
 *
 * @returns what went wrong, or undefined. An action without inputs must say which one it lacks: exit code 1
 *   and one error annotation.
 */
export function smoke(files: ReadonlyMap<string, string>): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'release-actions-smoke-'))
  try {
    replaceFolder(folder, files)
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder, GITHUB_ACTIONS: 'true' }
    const run = spawnSync(process.execPath, [join(folder, 'index.js')], {
      env,
      encoding: 'utf8',
      timeout: 20_000,
    })
    const errors = run.stdout.split('\n').filter((line) => line.startsWith('::error')).length
    if (run.status !== 1 || errors !== 1) {
      const said = `${run.stdout}${run.stderr}`.slice(-2000)
      return `without inputs it left with ${String(run.status)} and ${String(errors)} error annotations:\n${said}`
    }
    return postThatBegins(folder, files, env) ?? emptyChunk(folder, files)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Post that does not know itself would say, as main does, which input it lacks, or begin a release. */
function postThatBegins(
  folder: string,
  files: ReadonlyMap<string, string>,
  env: NodeJS.ProcessEnv,
): string | undefined {
  if (!files.has(POST)) return undefined
  const run = spawnSync(process.execPath, [join(folder, POST)], { env, encoding: 'utf8', timeout: 20_000 })
  if (run.status === 0 && !run.stdout.includes('::error')) return undefined
  return `its post step, with nothing to do, left with ${String(run.status)}:\n${run.stdout}${run.stderr}`
}

/** Chunks only declare their modules when they are read, so what must hold is that they can be read. */
function emptyChunk(folder: string, files: ReadonlyMap<string, string>): string | undefined {
  const require = createRequire(join(folder, 'index.js'))
  for (const name of files.keys()) {
    if (!name.endsWith('.js') || name === 'index.js' || name === POST) continue
    const loaded: unknown = require(join(folder, name))
    if (typeof loaded !== 'object' || loaded === null || Object.keys(loaded).length === 0)
      return `${name} is empty`
  }
  return undefined
}
