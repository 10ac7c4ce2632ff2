/** A second run of a finished release: it looks, sees that nothing is left to do, and ends. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { openScene } from '../../packages/lab/src/index.ts'
import type { Prepared, Scenario } from '../../scripts/bench/scenario.ts'
import { inRepo } from '../../scripts/lib/repo.ts'

const FORMS: Readonly<Record<string, (json: string) => string>> = {
  JSON: (json) => json,
  YAML: (json) => stringify(JSON.parse(json)),
}

const INPUTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'canary-step': { plan: '100', soak: '0s' },
  'bluegreen-switch': { soak: '0s', keep: 'forever' },
  // It asks for the record and finds nothing in flight; what a release is told is not told to it.
  rollback: { abort: 'true', services: 'shop', manifests: '', plan: '', version: '' },
}

export const scenarios: readonly Scenario[] = Object.entries(INPUTS).flatMap(([action, inputs]) =>
  Object.entries(FORMS).map(([form, write]) => ({
    name: `${action}: unchanged, ${form} kubeconfig`,
    action,
    prepare: () => finished(action, inputs, write),
  })),
)

/** Releases version 2 on an embedded cluster, then takes down how the runner would start the same step again. */
async function finished(
  action: string,
  inputs: Readonly<Record<string, string>>,
  write: (json: string) => string,
): Promise<Prepared> {
  const dist = mkdtempSync(join(tmpdir(), 'release-actions-dist-'))
  cpSync(inRepo('dist', action), join(dist, action), { recursive: true })
  const order = { action, version: '2', inputs }
  const scene = await openScene({ dist, rate: 0, applied: 'client' })
  const first = await scene.release(order)
  if (first.exitCode !== 0) throw new Error(`the release that is to be repeated failed:\n${first.log}`)

  const started = join(dist, 'started.json')
  const stead = join('recorder', action)
  mkdirSync(join(dist, stead), { recursive: true })
  copyFileSync(join(dist, action, 'action.yml'), join(dist, stead, 'action.yml'))
  writeFileSync(join(dist, stead, 'package.json'), '{"type":"commonjs"}')
  writeFileSync(join(dist, stead, 'index.js'), recorder(started))
  const kubeconfig = join(dist, 'kubeconfig')
  writeFileSync(kubeconfig, write(await scene.stage.roleKubeconfig()))
  await scene.release({ ...order, action: stead, kubeconfig })
  if (!existsSync(started)) throw new Error('the step was not started')
  const { env, cwd, temp } = JSON.parse(readFileSync(started, 'utf8')) as Started

  return {
    env: Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, value.replace(temp, `${dist}/temp`)]),
    ),
    cwd,
    exitCode: 0,
    [Symbol.asyncDispose]: async () => {
      await scene[Symbol.asyncDispose]()
      rmSync(dist, { recursive: true, force: true })
    },
  }
}

interface Started {
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** RUNNER_TEMP, which the runner deletes; there is a copy. */
  readonly temp: string
}

/** In the place of an action: writes down, once, how it was started, and ends. */
function recorder(file: string): string {
  return `const { cpSync, existsSync, writeFileSync } = require('node:fs')
const { dirname } = require('node:path')
const file = ${JSON.stringify(file)}
const temp = process.env.RUNNER_TEMP
if (!existsSync(file)) {
  cpSync(temp, dirname(file) + '/temp', { recursive: true })
  writeFileSync(file, JSON.stringify({ env: process.env, cwd: process.cwd(), temp }))
}
`
}
