import { InvalidInput } from '@release-actions/values'
import type { Config } from './config.ts'
import { matches } from './glob.ts'
import { dependenciesOf, knownName } from './references.ts'
import type { RawConfig } from './schema.ts'

/** What changed for a service; or that it is not known, and why: then it counts as changed. */
export type Changed =
  | { readonly kind: 'known'; readonly paths: readonly string[] }
  | { readonly kind: 'unknown'; readonly reason: string }

/** Which services are asked for. With both parts: those of `only` that changed. */
export interface Choice {
  /** Paths that changed, from the root of the repository: the same for all, or by service. Left out: all are asked for. */
  readonly changedPaths?: readonly string[] | ((service: string) => Changed) | undefined
  readonly only?: readonly string[] | undefined
}

export interface Selected {
  readonly service: string
  /** One sentence part for people: `services/shop/main.go changed`. */
  readonly reason: string
}

/** Services to release, in waves: those of one wave side by side, a wave after the one before. */
export interface Selection {
  readonly waves: readonly (readonly Selected[])[]
  /** In the order of the file. */
  readonly left: readonly string[]
}

/**
 * The services to release. A service waits for those that it depends on as far as they are released too, also where
 * a service between them is not; a dependency that did not change is not released again. With `order: one-by-one` each
 * wave has one service, in the order of the file.
 * @throws InvalidInput for a service that the file does not have
 */
export function selectServices(config: Pick<Config, 'data'>, choice: Choice): Selection {
  const { data } = config
  const known = Object.keys(data.services)
  for (const name of choice.only ?? []) {
    if (!known.includes(name)) throw new InvalidInput('services', name, knownName(name, known, 'service'))
  }
  const selected = known.flatMap((service) => {
    const reason = reasonFor(data, service, choice)
    return reason === undefined ? [] : [{ service, reason }]
  })
  const names = new Set(selected.map(({ service }) => service))
  return {
    waves: wavesOf(data, selected),
    left: known.filter((service) => !names.has(service)),
  }
}

function reasonFor(data: RawConfig, service: string, { changedPaths, only }: Choice): string | undefined {
  if (only !== undefined && !only.includes(service)) return undefined
  if (changedPaths === undefined) return only === undefined ? 'all are asked for' : 'it is asked for'
  const changed: Changed =
    typeof changedPaths === 'function' ? changedPaths(service) : { kind: 'known', paths: changedPaths }
  return changed.kind === 'unknown' ? changed.reason : changeOf(data, service, changed.paths)
}

function changeOf(data: RawConfig, service: string, changedPaths: readonly string[]): string | undefined {
  const paths = data.services[service]?.paths
  if (paths === undefined)
    return changedPaths.length === 0 ? undefined : 'it has no paths, so any change is one of it'
  const first = changedPaths.find((path) => matches(path, paths))
  if (first !== undefined) return `${first} changed`
  const shared = changedPaths.find((path) => matches(path, data['shared-paths'] ?? []))
  return shared === undefined ? undefined : `${shared} changed, which is shared`
}

function wavesOf(data: RawConfig, selected: readonly Selected[]): readonly (readonly Selected[])[] {
  const waves: (readonly Selected[])[] = []
  const done = new Set<string>()
  let waiting = selected
  while (waiting.length > 0) {
    const names = new Set(waiting.map(({ service }) => service))
    const free = waiting.filter(({ service }) => !behind(data, service).some((other) => names.has(other)))
    const wave = data.order === 'one-by-one' ? free.slice(0, 1) : free
    // Dependencies in a circle are a mistake of the file, and said when it is read.
    if (wave.length === 0) throw new Error('services depend on each other in a circle')
    waves.push(wave)
    wave.forEach(({ service }) => done.add(service))
    waiting = waiting.filter(({ service }) => !done.has(service))
  }
  return waves
}

/** All that a service depends on, near and far. */
function behind(data: RawConfig, service: string): readonly string[] {
  const found = new Set<string>()
  const visit = (name: string): void => {
    for (const other of dependenciesOf(data, name)) {
      if (found.has(other)) continue
      found.add(other)
      visit(other)
    }
  }
  visit(service)
  return [...found]
}
