import { randomBytes } from 'node:crypto'
import { realpath, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join, relative, resolve } from 'node:path'
import type { Kit } from '@release-actions/action-kit'
import { openRegistry } from '@release-actions/artifact'
import type { Http } from '@release-actions/http'
import type { Registry } from '@release-actions/ports'
import { Cancelled, formatDuration, InvalidInput, ReleaseError, TimedOut } from '@release-actions/values'
import type { BuildInputs } from './inputs.ts'
import { parseTag } from './parse.ts'
import type { Stages } from './stages.ts'

/** What every way to an artifact is given. */
export interface Work {
  readonly inputs: BuildInputs
  readonly kit: Kit
  readonly http: Http
  /** What people call it. */
  readonly service: string
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

/** The same, for what goes to a registry. */
export interface Setting extends Work {
  readonly registry: Registry
  /** The same, for what must be done although the step is cancelled. */
  registryFor(signal: AbortSignal): Registry
}

/** The artifact, where it is kept. */
export interface Made {
  readonly decision: 'built' | 'unchanged'
  readonly digest: string
  /** Nothing had to be built: then this run cannot vouch for it either. */
  readonly cacheHit: boolean
  /** One sentence of how it came about. */
  readonly how: string
}

export function openWork(
  inputs: BuildInputs,
  kit: Kit,
  http: Http,
  stages: Stages,
  signal: AbortSignal,
  warn: (text: string) => void,
): Work {
  const { context } = kit
  const { id, attempt } = context.run
  return {
    inputs,
    kit,
    http,
    service: inputs.service ?? inputs.image?.split('/').at(-1) ?? context.repo,
    version: inputs.version ?? versionOf(context.ref, context.sha),
    temporary: `build-${id}-${attempt}-${randomBytes(4).toString('hex')}`,
    temp: process.env['RUNNER_TEMP'] ?? tmpdir(),
    stages,
    signal,
    warn,
  }
}

/** @param repository with its registry */
export function openSetting(work: Work, repository: string): Setting {
  const { inputs, kit, http, signal } = work
  const { context, clock, mask } = kit
  // GitHub's own registry knows the step's token; any other must not see it.
  const ownRegistry = /^ghcr\.io\//.test(repository) && inputs.token !== undefined
  const registryFor = (until: AbortSignal): Registry =>
    openRegistry(repository, {
      http,
      clock,
      env: process.env,
      signal: until,
      mask,
      ...(ownRegistry ? { fallback: { kind: 'basic', user: context.actor, password: inputs.token } } : {}),
    })
  return { ...work, registry: registryFor(signal), registryFor }
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

export function tempFile({ temp, temporary }: Work, name: string): string {
  return join(temp, `${temporary}-${name}`)
}

/** The runner leaves a cancelled step ten seconds. */
const LASTLY_MS = 3_000

/** What is done although the step may be cancelled, for as long as the runner leaves. */
export async function lastly<T>({ kit }: Work, doing: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const enough = new AbortController()
  const over = new AbortController()
  void kit.clock.sleep(LASTLY_MS, over.signal).then(() => enough.abort())
  try {
    return await doing(enough.signal)
  } finally {
    over.abort()
  }
}

/** The step was ended, and not before something was out: the message says what. */
export class EndedLate extends ReleaseError {}

/** Why the step's signal has ended the work, before anything was out. */
function endedBecause({ kit, inputs }: Work): Error {
  return kit.cancelled.aborted
    ? new Cancelled('the build was cancelled; nothing was published')
    : new TimedOut(`the build was not done within ${formatDuration(inputs.timeout)}; nothing was published`)
}

/** Whatever the end of the step's signal looked like from where it was noticed. */
export function orWhyItEnded<T>(work: Work, making: Promise<T>): Promise<T> {
  return making.catch((error: unknown) => {
    const known = error instanceof TimedOut || error instanceof EndedLate
    throw work.signal.aborted && !known ? endedBecause(work) : error
  })
}
