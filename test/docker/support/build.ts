import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  startAction,
  startGitHub,
  type ActionResult,
  type EmbeddedGitHub,
  type RunningAction,
} from '@release-actions/lab'

export const REGISTRY = process.env['REGISTRY'] ?? '127.0.0.1:5000'

/** A workspace and a repository of its own on the real registry. */
export interface Site extends AsyncDisposable {
  readonly github: EmbeddedGitHub
  readonly workspace: string
  readonly repository: string
  build(inputs?: Readonly<Record<string, string>>): Promise<ActionResult>
  start(inputs?: Readonly<Record<string, string>>): RunningAction
  write(path: string, content: string | Buffer): void
  /** Straight from the registry, past everything of ours. */
  ask(path: string): Promise<Response>
  tags(): Promise<readonly string[]>
}

export async function openSite(files: Readonly<Record<string, string>>): Promise<Site> {
  const github = await startGitHub()
  const folder = mkdtempSync(join(tmpdir(), 'site-'))
  const workspace = join(folder, 'work')
  const name = `test-${randomBytes(6).toString('hex')}`
  const repository = `${REGISTRY}/${name}`
  const write = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(workspace, path)), { recursive: true })
    writeFileSync(join(workspace, path), content)
  }
  for (const [path, text] of Object.entries(files)) write(path, text)
  const ask = (path: string): Promise<Response> =>
    fetch(`http://${REGISTRY}/v2/${name}/${path}`, {
      headers: {
        accept:
          'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json',
      },
    })
  const start = (inputs: Readonly<Record<string, string>> = {}): RunningAction =>
    startAction({
      dir: join(import.meta.dirname, '../../../dist/build-artifact'),
      github: github.run(),
      workspace,
      inputs: { image: repository, version: '1.4.0', ...inputs },
      env: {
        HOME: folder,
        ...(process.env['DOCKER_HOST'] === undefined ? {} : { DOCKER_HOST: process.env['DOCKER_HOST'] }),
      },
    })
  return {
    github,
    workspace,
    repository,
    write,
    start,
    build: (inputs) => start(inputs).done,
    ask,
    tags: async () =>
      ((await (await ask('tags/list')).json()) as { readonly tags: readonly string[] | null }).tags ?? [],
    [Symbol.asyncDispose]: async () => {
      await github.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** `built`, or the one error of a step that failed. */
export function told(done: ActionResult): string {
  const error = done.annotations.find(({ level }) => level === 'error')
  return error === undefined ? (done.outputs['decision'] ?? '') : `${error.title ?? ''}: ${error.message}`
}
