import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Builder, BuildOrder, Built } from '@release-actions/ports'
import { InvalidInput, ReleaseError } from '@release-actions/values'
import { DIGEST } from '../digest.ts'
import { parseJson, textField } from '../json.ts'
import { Docker, type DockerOptions } from './docker.ts'
import {
  githubLayers,
  layersOfLast,
  NO_LAYERS,
  type LayerCache,
  type LayerCacheOptions,
} from './layer-cache.ts'

export interface BuilderOptions extends DockerOptions {
  /** For the files in which docker tells ids. */
  readonly temp: string
  /** Tells this build's names from those of others. */
  readonly nonce: string
  /** undefined: layers are kept only where the order says so. */
  readonly layers: LayerCacheOptions | undefined
  readonly warn: (text: string) => void
}

/** buildx where it is installed, else the classic builder. @throws NotFound without docker */
export async function openBuilder(options: BuilderOptions, signal: AbortSignal): Promise<Builder> {
  const docker = new Docker(options)
  return (await docker.can(['buildx', 'version'], signal))
    ? new Buildx(docker, options)
    : new Classic(docker, options)
}

type Local = Extract<Built, { kind: 'local' }>

/** What both builders do with an image once it is on this machine. */
abstract class OnThisMachine implements Builder {
  abstract readonly name: string
  readonly docker: Docker
  readonly options: BuilderOptions
  readonly #names = new Set<string>()

  constructor(docker: Docker, options: BuilderOptions) {
    this.docker = docker
    this.options = options
  }

  abstract build(order: BuildOrder, repository: string, signal: AbortSignal): Promise<Built>

  async push({ name }: Local, repository: string, tag: string, signal: AbortSignal): Promise<void> {
    const wanted = `${repository}:${tag}`
    this.own(wanted)
    if (wanted !== name) await this.docker.run('naming the image', ['tag', name, wanted], signal)
    await this.docker.run('the push', ['push', wanted], signal)
  }

  async tidy(): Promise<void> {
    // Without pruning: what an image was made of is the next build's cache.
    if (this.#names.size > 0)
      await this.docker.can(['image', 'rm', '--no-prune', ...this.#names], new AbortController().signal)
    await Promise.all([this.file('iid'), this.file('json')].map((path) => rm(path, { force: true })))
  }

  own(name: string): string {
    this.#names.add(name)
    return name
  }

  file(ending: string): string {
    return join(this.options.temp, `release-actions-${this.options.nonce}.${ending}`)
  }

  async local(name: string): Promise<Local> {
    const configDigest = (await readFile(this.file('iid'), 'utf8')).trim()
    if (!DIGEST.test(configDigest))
      throw new ReleaseError(
        'unhealthy',
        `docker named the image ${JSON.stringify(configDigest)}, which is no digest`,
      )
    return { kind: 'local', name, configDigest }
  }
}

/** `docker build` as it was before BuildKit. */
class Classic extends OnThisMachine {
  readonly name = 'docker'

  async build(order: BuildOrder, repository: string, signal: AbortSignal): Promise<Built> {
    const { platforms, secrets, cacheTo, sbom } = order
    const needs = 'docker buildx on the runner, which is not there'
    if (platforms.length > 1)
      throw new InvalidInput('platforms', platforms.join(', '), `one platform, or ${needs}`)
    if (secrets.length > 0) throw new InvalidInput('secrets', secrets.length, `none, or ${needs}`)
    if (cacheTo.length > 0) throw new InvalidInput('cache-to', cacheTo.join(', '), `nothing, or ${needs}`)
    if (sbom) throw new InvalidInput('sbom', 'buildx', `true or false, or ${needs}`)
    const name = this.own(`${repository}:${this.options.nonce}`)
    const { layers } = this.options
    const cache = layers === undefined ? NO_LAYERS : await layersOfLast(this.docker, order, layers, signal)
    for (const image of cache.from) this.own(image)
    await this.docker.run(
      'the build',
      classicArgs(withLayers(order, cache), name, this.file('iid')),
      signal,
      {
        DOCKER_BUILDKIT: '0',
      },
    )
    return this.local(name)
  }
}

/**
 * `docker buildx build`. What is more than one image (several platforms, an SBOM beside it) is not kept on this machine:
 * it goes to the registry, without a tag.
 */
class Buildx extends OnThisMachine {
  readonly name = 'docker buildx'

  async build(order: BuildOrder, repository: string, signal: AbortSignal): Promise<Built> {
    const kept = order.platforms.length <= 1 && !order.sbom
    await this.#run(order, kept, repository, signal)
    if (kept) return this.local(`${repository}:${this.options.nonce}`)
    if (!order.publish) return { kind: 'nowhere' }
    const digest =
      textField(parseJson(await readFile(this.file('json'), 'utf8')), 'containerimage.digest') ?? ''
    if (!DIGEST.test(digest))
      throw new ReleaseError('unhealthy', 'docker buildx did not tell the digest of what it pushed')
    return { kind: 'pushed', digest }
  }

  /** A cache service that breaks the build is done without. */
  async #run(order: BuildOrder, kept: boolean, repository: string, signal: AbortSignal): Promise<void> {
    const { layers, warn } = this.options
    const output = kept
      ? ['--load', '--tag', this.own(`${repository}:${this.options.nonce}`), '--iidfile', this.file('iid')]
      : ['--output', order.publish ? pushedBare(repository) : 'type=cacheonly']
    const run = ({ env, ...cache }: LayerCache): Promise<string> =>
      this.docker.run(
        'the build',
        buildxArgs(withLayers(order, cache), output, this.file('json')),
        signal,
        env,
      )
    const cache = layers === undefined ? NO_LAYERS : await githubLayers(this.docker, order, layers, signal)
    try {
      await run(cache)
    } catch (error) {
      const ofCache = error instanceof ReleaseError && /\bcache\b|actions_/i.test(error.why.join(' '))
      if (cache === NO_LAYERS || !ofCache || signal.aborted) throw error
      warn(`built without the layers of before: ${error.why.at(-1) ?? error.message}`)
      await run(NO_LAYERS)
    }
  }
}

function pushedBare(repository: string): string {
  return `type=image,name=${repository},push-by-digest=true,name-canonical=true,push=true`
}

function withLayers(order: BuildOrder, { from, to }: Pick<LayerCache, 'from' | 'to'>): BuildOrder {
  return { ...order, cacheFrom: [...order.cacheFrom, ...from], cacheTo: [...order.cacheTo, ...to] }
}

/** The classic builder's command line. */
export function classicArgs(order: BuildOrder, name: string, iidFile: string): readonly string[] {
  return ['build', '--tag', name, '--iidfile', iidFile, ...common(order), order.context]
}

/**
 * buildx's command line. Its own provenance is left out: it would make an index of every image, with times in it;
 * provenance is attested to GitHub.
 */
export function buildxArgs(
  order: BuildOrder,
  output: readonly string[],
  metadata: string,
): readonly string[] {
  return [
    'buildx',
    'build',
    '--progress=plain',
    '--provenance=false',
    '--metadata-file',
    metadata,
    ...output,
    ...(order.sbom ? ['--sbom=true'] : []),
    ...each('--secret', order.secrets),
    ...each('--cache-to', order.cacheTo),
    ...common(order),
    order.context,
  ]
}

function common(order: BuildOrder): readonly string[] {
  return [
    '--file',
    order.dockerfile,
    ...each('--build-arg', order.args),
    ...each('--label', order.labels),
    ...each('--cache-from', order.cacheFrom),
    ...(order.target === undefined ? [] : ['--target', order.target]),
    ...(order.platforms.length === 0 ? [] : ['--platform', order.platforms.join(',')]),
  ]
}

function each(flag: string, values: readonly string[]): readonly string[] {
  return values.flatMap((value) => [flag, value])
}
