import type { BuildOrder } from '@release-actions/ports'
import type { Docker } from './docker.ts'

/** How layers are kept from one run to the next, where nobody said how. */
export interface LayerCacheOptions {
  /** The runner's own variables, for the cache service; they reach docker's process and no line of the build. */
  readonly runner: NodeJS.ProcessEnv
  /** Whose layers they are: the same for all builds of one image. */
  readonly scope: string
  /** The last image, by digest, whose layers may be built upon; undefined when there is none, or none that may. */
  readonly last: () => Promise<string | undefined>
  readonly say: (line: string) => void
}

/** What is added to a build. */
export interface LayerCache {
  readonly from: readonly string[]
  readonly to: readonly string[]
  /** For docker's own process. */
  readonly env: Readonly<Record<string, string>>
}

export const NO_LAYERS: LayerCache = { from: [], to: [], env: {} }

/** What buildx reads to find the cache service (https://docs.docker.com/build/cache/backends/gha/). */
const SERVICE = [
  'ACTIONS_CACHE_URL',
  'ACTIONS_RESULTS_URL',
  'ACTIONS_RUNTIME_TOKEN',
  'ACTIONS_CACHE_SERVICE_V2',
]
/** A whole image may have to come. */
const PULL_MS = 300_000

/**
 * Buildx's layers, in GitHub's cache service. A service that does not take them is no reason to fail; one that does not
 * give them neither, by buildx's own rules.
 */
export async function githubLayers(
  docker: Docker,
  { cacheFrom, cacheTo }: BuildOrder,
  { runner, scope, say }: LayerCacheOptions,
  signal: AbortSignal,
): Promise<LayerCache> {
  if (cacheFrom.length > 0 || cacheTo.length > 0) return NO_LAYERS
  const env = Object.fromEntries(
    SERVICE.flatMap((name) => {
      const value = runner[name] ?? ''
      return value === '' ? [] : [[name, value] as const]
    }),
  )
  const there =
    env['ACTIONS_RUNTIME_TOKEN'] !== undefined && Object.keys(env).some((name) => name.endsWith('_URL'))
  if (!there) return NO_LAYERS
  if (!(await exportsCaches(docker, signal))) {
    say(
      'layers are not kept: this builder cannot; docker/setup-buildx-action before this step makes one that can',
    )
    return NO_LAYERS
  }
  const of = `type=gha,scope=${scope.replace(/[^A-Za-z0-9._-]+/g, '-')}`
  return { from: [of], to: [`${of},mode=max,ignore-error=true`], env }
}

/** The builder inside the engine keeps layers to itself, unless the engine stores images as containerd does. */
async function exportsCaches(docker: Docker, signal: AbortSignal): Promise<boolean> {
  const about = await docker.ask(['buildx', 'inspect'], signal)
  const driver = /^Driver:\s*(\S+)/m.exec(about ?? '')?.[1]
  if (driver !== 'docker') return driver !== undefined
  const status = await docker.ask(['info', '--format', '{{json .DriverStatus}}'], signal)
  return status?.includes('io.containerd.snapshotter') === true
}

/**
 * For the classic builder, the layers of the last image: it takes nothing else from there than what the same line of the
 * Dockerfile made on top of the same layers. Only on an engine that holds no image: one that does has layers of its own.
 */
export async function layersOfLast(
  docker: Docker,
  { cacheFrom }: BuildOrder,
  { last, say }: LayerCacheOptions,
  signal: AbortSignal,
): Promise<LayerCache> {
  if (cacheFrom.length > 0) return NO_LAYERS
  const held = await docker.ask(['image', 'ls', '--quiet', '--all'], signal)
  if (held === undefined || held.trim() !== '') return NO_LAYERS
  const image = await last()
  if (image === undefined) return NO_LAYERS
  const pulled = await docker.ask(['pull', '--quiet', image], signal, PULL_MS)
  say(
    pulled === undefined
      ? `built without the layers of ${image}, which cannot be pulled`
      : `builds upon ${image}`,
  )
  return pulled === undefined ? NO_LAYERS : { ...NO_LAYERS, from: [image] }
}
