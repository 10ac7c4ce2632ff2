import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { walk, type FoundFile } from '../pack/find-files.ts'

/** What of a folder reaches a build, as one hash of names, contents and executable bits. @returns hexadecimal */
export async function hashContext(
  context: string,
  dockerfile: string | undefined,
  leaveOut: (name: string) => boolean = () => false,
): Promise<string> {
  const skip = await ignored(context, dockerfile)
  return hashFiles(await walk(context, (name) => skip(name) || leaveOut(name)))
}

export async function hashFiles(files: readonly FoundFile[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files) {
    const content = file.kind === 'link' ? `to ${file.target ?? ''}` : await hashFile(file.path)
    hash.update(JSON.stringify([file.name, file.executable, content]))
  }
  return hash.digest('hex')
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk)
  return hash.digest('hex')
}

/** By the `.dockerignore` beside the Dockerfile (`<name>.dockerignore`), else that of the context. */
async function ignored(context: string, dockerfile: string | undefined): Promise<(name: string) => boolean> {
  const own = dockerfile === undefined ? undefined : await text(`${dockerfile}.dockerignore`)
  const rules = own ?? (await text(join(context, '.dockerignore')))
  if (rules === undefined) return () => false
  const { default: dockerignore } = await import('@balena/dockerignore')
  const matcher = dockerignore.default({ ignorecase: false }).add(rules)
  // An exception may lie in a folder that is left out: then all of it is looked at.
  const exceptions = /^\s*!/m.test(rules)
  return (name) =>
    name.endsWith('/') ? !exceptions && matcher.ignores(name.slice(0, -1)) : matcher.ignores(name)
}

function text(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}
