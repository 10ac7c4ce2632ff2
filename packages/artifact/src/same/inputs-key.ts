import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Http } from '@release-actions/http'
import type { BuildOrder, Clock } from '@release-actions/ports'
import { parseImage, ReleaseError } from '@release-actions/values'
import { resolveDigest } from '../resolve-digest.ts'
import { hashContext } from './context.ts'
import { readDockerfile } from './dockerfile.ts'

/** Goes up when what is hashed changes. */
const SCHEMA = 1

/** The label by which an image says what it was built from. */
export const INPUTS_LABEL = 'dev.release-actions.inputs'

export type InputsKey =
  | { readonly key: string }
  /** The same inputs may give something else; the sentence says why. */
  | { readonly unknown: string }

export interface KeyOptions {
  readonly http: Http
  readonly clock: Clock
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly mask: (secrets: readonly string[]) => void
}

/**
 * One name for all that a docker build is made from: the context under .dockerignore, the Dockerfile, arguments,
 * labels, target, platforms, which secrets (never what they hold), and what the base images are right now.
 */
export async function dockerKey(
  order: BuildOrder,
  repository: string,
  options: KeyOptions,
): Promise<InputsKey> {
  const dockerfile = await readFile(order.dockerfile, 'utf8')
  const { images, changing } = readDockerfile(dockerfile, order.args)
  if (changing !== undefined) return { unknown: changing }
  const bases: Record<string, string> = {}
  for (const image of images) {
    const digest = await baseDigest(image, options)
    if ('unresolved' in digest) return { unknown: digest.unresolved }
    bases[image] = digest.digest
  }
  const { args, labels, secrets, target, platforms } = order
  const context = await hashContext(order.context, order.dockerfile)
  return keyOf({
    type: 'docker',
    repository,
    dockerfile,
    bases,
    context,
    args,
    labels,
    secrets,
    target,
    platforms,
  })
}

/** For what a command builds: its text, and all files of the folder but those that it leaves. */
export async function commandKey(
  type: 'image' | 'file',
  command: string,
  context: string,
  leaves: readonly string[],
  repository: string,
): Promise<InputsKey> {
  const outputs = leaves.map((path) => path.replace(/^\.\//, '').replace(/\/?(\*.*)?$/, ''))
  const own = (name: string): boolean =>
    name === '.git/' || outputs.some((path) => path !== '' && (name === path || name.startsWith(`${path}/`)))
  const files = await hashContext(context, undefined, own)
  return keyOf({ type: `${type} by command`, repository, command, leaves, files })
}

function keyOf(parts: object): { readonly key: string } {
  return {
    key: createHash('sha256')
      .update(JSON.stringify([SCHEMA, parts]))
      .digest('hex'),
  }
}

async function baseDigest(
  image: string,
  options: KeyOptions,
): Promise<{ readonly digest: string } | { readonly unresolved: string }> {
  try {
    return await resolveDigest(parseImage('dockerfile', image), options)
  } catch (error) {
    if (!(error instanceof ReleaseError) || error.code === 'cancelled') throw error
    return { unresolved: error.message }
  }
}
