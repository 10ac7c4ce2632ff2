import { InvalidInput, parseImage } from '@release-actions/values'
import type { Config } from './config.ts'
import { gatesText } from './gates.ts'
import { contextOfAll } from './one-cluster.ts'
import { own, planSettings, resolve, type Resolved } from './layers.ts'
import { nameOf, placeOf } from './problem.ts'
import { knownName } from './references.ts'
import type { SettingKey } from './schema.ts'

/** The actions that the file configures. */
export type Action = 'canary-step' | 'bluegreen-switch' | 'health-gate' | 'rollback' | 'build-artifact'

/** What a step asks of the file. */
export interface Question {
  readonly action: Action
  readonly service: string | undefined
  /** Of a rollback of several: their names, or all of the file. One of them alone is `service`. */
  readonly services?: readonly string[] | 'all' | undefined
  readonly environment: string | undefined
  /** The inputs that the user gave, by name: they win. */
  readonly given: ReadonlyMap<string, string>
  /** The inputs that the action has. */
  readonly known: ReadonlySet<string>
}

/** An input's text, and where in the file it comes from. */
export interface ConfiguredInput {
  readonly text: string
  /** `services.shop.plan (.github/release-actions.yml:12:5)` */
  readonly origin: string
}

/**
 * The inputs that the file gives to a step: what the user did not give, and what they gave by a name or in part (a
 * plan's name; an image's digest alone).
 * @throws InvalidInput for a service or an environment that the file does not have, a service whose strategy is that of
 * another action, an image of another repository, and several services that are in several clusters
 */
export function resolveInputs(config: Config, question: Question): ReadonlyMap<string, ConfiguredInput> {
  const { data } = config
  const { service, environment, given, known } = question
  // A service that has left the file can be taken back all the same.
  const strict = question.action !== 'rollback'
  if (strict && service !== undefined && own(data.services, service) === undefined) {
    throw unknownName(config, 'service', service, Object.keys(data.services))
  }
  if (
    strict &&
    environment !== undefined &&
    data.environments !== undefined &&
    own(data.environments, environment) === undefined
  ) {
    throw unknownName(config, 'environment', environment, Object.keys(data.environments))
  }
  const settings = new Map(resolve(data, { service, environment }))
  if (question.services !== undefined && !given.has('kube-context')) {
    const all = question.services === 'all' ? Object.keys(data.services) : question.services
    const context = contextOfAll(config, all, environment)
    if (context !== undefined) settings.set('kube-context', context)
  }
  const strategy = settings.get('strategy')
  assertStrategy(config, question, strategy)

  const result = new Map<string, ConfiguredInput>()
  const put = (name: string, { value, path }: Resolved, text = textOf(value)): void => {
    if (known.has(name)) result.set(name, { text, origin: `${nameOf(path)} (${placeOf(config, path)})` })
  }
  const plan = given.get('plan')
  const named = plan === undefined ? [] : planSettings(data, plan)
  if (plan !== undefined && named.length === 0) {
    // Weights of one's own: the soaks of a list belong to others.
    const soak = settings.get('soak')
    if (soak !== undefined && (Array.isArray(soak.value) || soak.path[0] === 'plans')) settings.delete('soak')
  }
  for (const [key, resolved] of named) settings.set(key, resolved)
  for (const [key, resolved] of settings) {
    const name = inputOf(question, key, settings, resolved)
    if (name === undefined || (given.has(name) && !(key === 'plan' && named.length > 0))) continue
    if (isGates(key)) put(name, resolved, gatesText(data, asEntries(resolved.value), resolved.path))
    else put(name, resolved)
  }
  const image = settings.get('image')
  if (image !== undefined && question.action !== 'build-artifact' && question.action !== 'rollback') {
    const whole = wholeImage(config, given.get('image'), image)
    if (whole !== undefined) put('image', image, whole)
  }
  return result
}

/** The input that a setting becomes; undefined when this action has no use for it. */
function inputOf(
  { action, known }: Question,
  key: SettingKey,
  settings: ReadonlyMap<SettingKey, Resolved>,
  { value }: Resolved,
): string | undefined {
  switch (action) {
    case 'rollback':
      return ROLLBACK.has(key) ? key : undefined
    case 'build-artifact':
      return BUILD.has(key) ? key : undefined
    case 'health-gate':
      // How long a check of its own takes is no matter of how the service is released.
      return key === 'image' || key === 'soak' || key === 'warm-up' || !known.has(key) ? undefined : key
    case 'bluegreen-switch':
      // A switch has two looks; what must hold under traffic is held after it.
      if (key === 'gates') return settings.has('post-switch-gates') ? undefined : 'post-switch-gates'
      if (key === 'gates-file')
        return settings.has('post-switch-gates-file') ? undefined : 'post-switch-gates-file'
      if (key === 'soak' && Array.isArray(value)) return undefined
      return key === 'image' || !known.has(key) ? undefined : key
    case 'canary-step':
      return key === 'image' || !known.has(key) ? undefined : key
  }
}

/** What a build takes: its times are its own. */
const BUILD: ReadonlySet<SettingKey> = new Set(['image', 'record', 'runbook-url', 'dashboard-url'])

/**
 * What a rollback takes from the file: how to reach the cluster and how to go about it. What is taken back, and to what,
 * its record says: the file may have changed since that release.
 */
const ROLLBACK: ReadonlySet<SettingKey> = new Set([
  'kube-context',
  'record',
  'timeout',
  'interval',
  'settle',
  'drain',
  'runbook-url',
  'dashboard-url',
])

function assertStrategy(config: Config, { action, service }: Question, strategy: Resolved | undefined): void {
  if (service === undefined || strategy === undefined) return
  const meant = strategy.value === 'bluegreen' ? 'bluegreen-switch' : 'canary-step'
  if ((action !== 'canary-step' && action !== 'bluegreen-switch') || action === meant) return
  const where = `${nameOf(strategy.path)} is ${String(strategy.value)} (${placeOf(config, strategy.path)})`
  throw new InvalidInput('service', service, `the action ${meant} for it: ${where}`)
}

/**
 * The image that is meant by a digest or a tag alone; undefined when nothing is to be added.
 * @throws InvalidInput for an image of another repository: it is another service's
 */
function wholeImage(config: Config, given: string | undefined, image: Resolved): string | undefined {
  if (given === undefined || typeof image.value !== 'string') return undefined
  if (given.startsWith('sha256:')) return `${image.value}@${given}`
  if (/^[:@]/.test(given)) return `${image.value}${given}`
  if (given.startsWith(`${image.value}@`) || given.startsWith(`${image.value}:`) || given === image.value)
    return undefined
  const { repository } = parseImage('image', given)
  const where = `${nameOf(image.path)} (${placeOf(config, image.path)})`
  throw new InvalidInput('image', given, `an image of ${image.value}, not of ${repository}, as ${where} says`)
}

function unknownName(config: Config, input: string, typed: string, known: readonly string[]): InvalidInput {
  return new InvalidInput(input, typed, `${knownName(typed, known, input)} (${config.file})`, {
    fix: [`add it to ${config.file}, or give config: none to do without the file`],
  })
}

const GATES: ReadonlySet<string> = new Set(['gates', 'pre-switch-gates', 'post-switch-gates'])
const isGates = (key: string): boolean => GATES.has(key)

function asEntries(value: unknown): readonly (string | Readonly<Record<string, unknown>>)[] {
  return Array.isArray(value) ? (value as readonly (string | Readonly<Record<string, unknown>>)[]) : []
}

/** As a user would type it into the input. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(', ')
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, one]) => `${key}=${String(one)}`)
      .join('\n')
  }
  return String(value)
}
