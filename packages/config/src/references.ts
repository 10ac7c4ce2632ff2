import type { Path } from '@release-actions/judge'
import { nearest } from '@release-actions/values'
import type { Problem } from './problem.ts'
import type { RawConfig, Settings } from './schema.ts'

/** Names of what the file does not have: plans, gates, services; and services that wait for each other. */
export function references(data: RawConfig): readonly Problem[] {
  return [
    ...levelsOf(data).flatMap(({ path, settings }) => [
      ...planOf(data, path, settings),
      ...gatesOf(data, path, settings),
    ]),
    ...Object.entries(data.environments ?? {}).flatMap(([environment, { services = {} }]) =>
      Object.keys(services).flatMap((name) =>
        unknown(['environments', environment, 'services', name], name, Object.keys(data.services), 'service'),
      ),
    ),
    ...(Object.keys(data.services).length === 0
      ? [{ path: ['services'], value: {}, legal: 'at least one service' }]
      : []),
    ...dependencies(data),
  ]
}

interface Level {
  readonly path: Path
  readonly settings: Settings
}

/** Every place in which settings may stand. */
export function levelsOf(data: RawConfig): readonly Level[] {
  return [
    ...(data.defaults === undefined ? [] : [{ path: ['defaults'], settings: data.defaults }]),
    ...Object.entries(data.services).map(([name, settings]) => ({ path: ['services', name], settings })),
    ...Object.entries(data.environments ?? {}).flatMap(([name, settings]) => [
      { path: ['environments', name], settings },
      ...Object.entries(settings.services ?? {}).map(([service, inside]) => ({
        path: ['environments', name, 'services', service],
        settings: inside,
      })),
    ]),
  ]
}

function planOf(data: RawConfig, path: Path, { plan }: Settings): readonly Problem[] {
  return typeof plan === 'string'
    ? unknown([...path, 'plan'], plan, Object.keys(data.plans ?? {}), 'plan')
    : []
}

export const GATE_KEYS = ['gates', 'pre-switch-gates', 'post-switch-gates'] as const

function gatesOf(data: RawConfig, path: Path, settings: Settings): readonly Problem[] {
  const known = Object.keys(data.gates ?? {})
  return GATE_KEYS.flatMap((key) =>
    (settings[key] ?? []).flatMap((entry, at) => {
      const here: Path = [...path, key, at]
      if (typeof entry !== 'string') return []
      const twice = settings[key]?.indexOf(entry) !== at
      return twice
        ? [{ path: here, value: entry, legal: 'each gate once' }]
        : unknown(here, entry, known, 'gate')
    }),
  )
}

function dependencies(data: RawConfig): readonly Problem[] {
  const known = Object.keys(data.services)
  const missing = known.flatMap((name) =>
    dependenciesOf(data, name).flatMap((other) =>
      unknown(['services', name, 'depends-on'], other, known, 'service'),
    ),
  )
  if (missing.length > 0) return missing
  const circle = known.map((name) => circleFrom(data, name, [])).find((found) => found !== undefined)
  if (circle === undefined) return []
  const [first = ''] = circle
  const value = [...circle, first].join(' → ')
  return [{ path: ['services', first, 'depends-on'], value, legal: 'dependencies that do not lead back' }]
}

/** Always a list. */
export function dependenciesOf(data: RawConfig, service: string): readonly string[] {
  const written = Object.hasOwn(data.services, service) ? data.services[service]?.['depends-on'] : undefined
  if (written === undefined) return []
  return typeof written === 'string' ? [written] : written
}

function circleFrom(data: RawConfig, name: string, before: readonly string[]): readonly string[] | undefined {
  const at = before.indexOf(name)
  if (at >= 0) return before.slice(at)
  for (const other of dependenciesOf(data, name)) {
    const circle = circleFrom(data, other, [...before, name])
    if (circle !== undefined) return circle
  }
  return undefined
}

function unknown(path: Path, name: string, known: readonly string[], kind: string): readonly Problem[] {
  if (known.includes(name)) return []
  return [{ path, value: name, legal: knownName(name, known, kind) }]
}

/** `a service of the file: shop, api; did you mean shop?` */
export function knownName(typed: string, known: readonly string[], kind: string): string {
  if (known.length === 0) return `no ${kind}: the file has none`
  const close = nearest(typed, known)
  const one = /^[aeiou]/.test(kind) ? 'an' : 'a'
  return `${one} ${kind} of the file: ${known.join(', ')}${close === undefined ? '' : `; did you mean ${close}?`}`
}
