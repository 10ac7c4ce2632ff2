import type { Path } from '@release-actions/judge'
import type { RawConfig, RawPlan, SettingKey, Settings } from './schema.ts'

/** For whom settings are asked. */
export interface Address {
  readonly service?: string | undefined
  readonly environment?: string | undefined
}

interface Layer {
  /** Where in the file it stands. */
  readonly path: Path
  readonly settings: Settings
}

/** A setting that holds, and where it was written. */
export interface Resolved {
  readonly value: unknown
  readonly path: Path
}
export type ResolvedSettings = ReadonlyMap<SettingKey, Resolved>

/** From the least specific to the one that wins: defaults, the service, the environment, the service in it. */
function layersOf(data: RawConfig, { service, environment }: Address): readonly Layer[] {
  const inEnvironment = own(data.environments, environment)
  const layers: readonly (readonly [Path, Readonly<Record<string, unknown>> | undefined])[] = [
    [['defaults'], data.defaults],
    [['services', service ?? ''], own(data.services, service)],
    [['environments', environment ?? ''], inEnvironment],
    [['environments', environment ?? '', 'services', service ?? ''], own(inEnvironment?.services, service)],
  ]
  return layers.flatMap(([path, settings]) =>
    settings === undefined ? [] : [{ path, settings: settingsOf(settings) }],
  )
}

/** What is no setting: its meaning is another. */
const OTHERS: ReadonlySet<string> = new Set(['paths', 'depends-on', 'login', 'url', 'services'])

function settingsOf(level: Readonly<Record<string, unknown>>): Settings {
  return Object.fromEntries(Object.entries(level).filter(([key]) => !OTHERS.has(key)))
}

/** The settings that hold for an address. A plan's name has become its weights, with the soak that belongs to them. */
export function resolve(data: RawConfig, address: Address): ResolvedSettings {
  const found = new Map<SettingKey, Resolved>()
  for (const layer of layersOf(data, address)) {
    for (const [key, resolved] of entriesOf(data, layer)) found.set(key, resolved)
  }
  return found
}

/** A plan brings its soak along, beneath what is written beside it. */
function entriesOf(data: RawConfig, { path, settings }: Layer): readonly (readonly [SettingKey, Resolved])[] {
  const written = (Object.entries(settings) as readonly (readonly [SettingKey, unknown])[])
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, { value, path: [...path, key] }] as const)
  if (typeof settings.plan !== 'string') return written
  return [...planSettings(data, settings.plan), ...written.filter(([key]) => key !== 'plan')]
}

/** What a plan sets, by its name. */
export function planSettings(data: RawConfig, name: string): readonly (readonly [SettingKey, Resolved])[] {
  const plan = own(data.plans, name)
  if (plan === undefined) return []
  const path: Path = ['plans', name]
  const { weights, ...others } = partsOf(plan)
  const rest = Object.entries(others).map(
    ([key, value]) => [key as SettingKey, { value, path: [...path, key] }] as const,
  )
  return [['plan', { value: weights, path }], ...rest]
}

function partsOf(plan: RawPlan): { readonly weights: readonly number[] } & Readonly<Record<string, unknown>> {
  return Array.isArray(plan) ? { weights: plan } : { ...plan }
}

/** The value under a name that the user wrote, and never one of the language's own, such as `constructor`. */
export function own<T>(
  record: Readonly<Record<string, T>> | undefined,
  key: string | undefined,
): T | undefined {
  return record !== undefined && key !== undefined && Object.hasOwn(record, key) ? record[key] : undefined
}

/** Every pair for which something may be asked: each service in each environment, or alone where there is none. */
export function addressesOf(data: RawConfig): readonly Required<Address>[] {
  const environments = Object.keys(data.environments ?? {})
  const named: readonly (string | undefined)[] = environments.length === 0 ? [undefined] : environments
  return Object.keys(data.services).flatMap((service) =>
    named.map((environment) => ({ service, environment })),
  )
}
