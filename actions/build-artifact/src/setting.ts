import { randomBytes } from 'node:crypto'
import { realpath, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join, relative, resolve } from 'node:path'
import type { Kit } from '@release-actions/action-kit'
import { openRegistry } from '@release-actions/artifact'
import type { Http } from '@release-actions/http'
import type { Registry } from '@release-actions/ports'
import { Cancelled, formatDuration, InvalidInput, TimedOut } from '@release-actions/values'
import type { BuildInputs } from './inputs.ts'
import { parseTag } from './parse.ts'
import type { Stages } from './stages.ts'

/** What every way to an artifact is given. */
export interface Setting {
  readonly inputs: BuildInputs
  readonly kit: Kit
  readonly http: Http
  readonly registry: Registry
  /** The same, for what must be done although the step is cancelled. */
  registryFor(signal: AbortSignal): Registry
  readonly version: string
  /** The tag under which something is pushed before it may have its version; no other build has it. */
  readonly temporary: string
  /** For files of our own. */
  readonly temp: string
  readonly stages: Stages
  /** Aborts when the step is cancelled, or has taken too long. */
  readonly signal: AbortSignal
  warn(text: string): void
}

/** The artifact, in the registry. */
export interface Made {
  readonly decision: 'built' | 'unchanged'
  readonly digest: string
  /** Nothing had to be built: then this run cannot vouch for it either. */
  readonly cacheHit: boolean
  /** One sentence of how it came about. */
  readonly how: string
}

export function openSetting(
  inputs: BuildInputs,
  kit: Kit,
  http: Http,
  stages: Stages,
  signal: AbortSignal,
  warn: (text: string) => void,
): Setting {
  const { context, clock, mask } = kit
  // GitHub's own registry knows the step's token; any other must not see it.
  const ownRegistry = /^ghcr\.io\//.test(inputs.image) && inputs.token !== undefined
  const registryFor = (until: AbortSignal): Registry =>
    openRegistry(inputs.image, {
      http,
      clock,
      env: process.env,
      signal: until,
      mask,
      ...(ownRegistry ? { fallback: { kind: 'basic', user: context.actor, password: inputs.token } } : {}),
    })
  const { id, attempt } = context.run
  return {
    inputs,
    kit,
    http,
    registry: registryFor(signal),
    registryFor,
    version: inputs.version ?? versionOf(context.ref, context.sha),
    temporary: `build-${id}-${attempt}-${randomBytes(4).toString('hex')}`,
    temp: process.env['RUNNER_TEMP'] ?? tmpdir(),
    stages,
    signal,
    warn,
  }
}

/** The git tag, as it is written; else the commit. @throws InvalidInput for a git tag that no registry takes */
function versionOf(ref: string, sha: string): string {
  const tag = /^refs\/tags\/(.+)$/.exec(ref)?.[1]
  if (tag !== undefined) return parseTag('version', tag)
  if (!/^[0-9a-f]{12}/.test(sha))
    throw new InvalidInput('version', undefined, 'a version: the run names no commit')
  return `0.0.0-${sha.slice(0, 12)}`
}

/**
 * An absolute path inside the workspace, links followed: a build must not read the runner.
 * @throws InvalidInput when it is outside, or not what it should be
 */
export async function inWorkspace(
  name: string,
  path: string,
  workspace: string,
  kind: 'folder' | 'file',
): Promise<string> {
  const wanted = resolve(workspace, path)
  const [root, found] = await Promise.all([real(workspace), real(wanted)])
  const about = found === undefined ? undefined : await stat(found)
  const right = kind === 'folder' ? about?.isDirectory() : about?.isFile()
  if (found === undefined || right !== true)
    throw new InvalidInput(name, path, `a ${kind} that is there`, {
      fix: [`looked for ${wanted}; is actions/checkout a step before this one?`],
    })
  const inside = relative(root ?? workspace, found)
  if (inside.startsWith('..') || isAbsolute(inside))
    throw new InvalidInput(name, path, `a ${kind} inside the workspace (${workspace})`)
  return found
}

function real(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined)
}

export function tempFile({ temp, temporary }: Setting, name: string): string {
  return join(temp, `${temporary}-${name}`)
}

/** Why the step's signal has ended the work. */
export function endedBecause({ kit, inputs }: Setting): Error {
  return kit.cancelled.aborted
    ? new Cancelled('the build was cancelled; nothing was published')
    : new TimedOut(`the build was not done within ${formatDuration(inputs.timeout)}; nothing was published`)
}

/** What people call it. */
export function serviceOf(inputs: BuildInputs): string {
  return inputs.service ?? inputs.image.split('/').at(-1) ?? inputs.image
}
