import type { Path } from '@release-actions/judge'
import { addressesOf, resolve, type Address, type ResolvedSettings } from './layers.ts'
import type { Problem } from './problem.ts'
import type { RawConfig, SettingKey } from './schema.ts'

/** Settings that each are legal and cannot be meant together, for any service in any environment. */
export function contradictions(data: RawConfig): readonly Problem[] {
  const found = [
    ...Object.entries(data.plans ?? {}).flatMap(([name, plan]) =>
      rising(['plans', name], Array.isArray(plan) ? plan : plan.weights),
    ),
    ...addressesOf(data).flatMap((address) => between(resolve(data, address), address)),
    ...withoutEffect(data),
  ]
  const seen = new Set<string>()
  return found.filter((problem) => {
    const key = JSON.stringify(problem)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

function rising(path: Path, weights: readonly number[]): readonly Problem[] {
  const falls = weights.some((weight, at) => at > 0 && weight <= (weights[at - 1] ?? 0))
  return falls ? [{ path, value: weights.join(', '), legal: 'weights that rise' }] : []
}

function between(settings: ResolvedSettings, { service, environment }: Address): readonly Problem[] {
  const who = `${service ?? ''}${environment === undefined ? '' : ` in ${environment}`}`
  const of = (key: SettingKey) => settings.get(key)
  const problems: Problem[] = []
  const say = (key: SettingKey, legal: string): void => {
    const found = of(key)
    if (found !== undefined) problems.push({ path: found.path, value: found.value, legal })
  }
  const [strategy, traffic, approval, plan, soak] = (
    ['strategy', 'traffic', 'approval', 'plan', 'soak'] as const
  ).map((key) => of(key)?.value)

  if (Array.isArray(plan)) problems.push(...rising(of('plan')?.path ?? [], plan as readonly number[]))
  if (strategy !== 'bluegreen' && Array.isArray(soak)) {
    const weights = Array.isArray(plan) ? plan.length : 0
    const none = 'one duration, or a plan beside it: a list gives each weight its own'
    if (weights === 0) say('soak', `${none} (${who})`)
    else if (soak.length !== 1 && soak.length !== weights) {
      say('soak', `one duration, or ${weights}: the plan of ${who} has ${weights} weights`)
    }
  }
  if (typeof traffic === 'string' && strategy === 'bluegreen' && !/^(?:service|httproute)\//.test(traffic)) {
    say('traffic', `service/NAME or httproute/NAME: the strategy of ${who} is bluegreen`)
  }
  if (typeof traffic === 'string' && strategy !== 'bluegreen' && traffic.startsWith('service/')) {
    say('traffic', `a route or replicas, or strategy: bluegreen: the strategy of ${who} is canary`)
  }
  if (strategy === 'bluegreen' && approval === 'each') {
    say('approval', `none or first: the strategy of ${who} is bluegreen, which has one step`)
  }
  if (of('stable-service') !== undefined && of('stable-service')?.value === of('canary-service')?.value) {
    say('canary-service', `another Service than stable-service (${who})`)
  }
  return problems
}

/** Settings that only one of the strategies has. */
export const CANARY_ONLY: readonly SettingKey[] = [
  'plan',
  'promote',
  'rule',
  'canary-service',
  'canary-labels',
  'stable-service',
]
export const BLUEGREEN_ONLY: readonly SettingKey[] = [
  'keep',
  'pre-switch-gates',
  'post-switch-gates',
  'pre-switch-gates-file',
  'post-switch-gates-file',
  'pre-switch-soak',
  'live-service',
  'preview-service',
  'probe',
]

/** What a service sets although its strategy, wherever it is released, does not know it. */
function withoutEffect(data: RawConfig): readonly Problem[] {
  return Object.entries(data.services).flatMap(([service, settings]) => {
    const strategies = addressesOf(data)
      .filter((address) => address.service === service)
      .map((address) => resolve(data, address).get('strategy')?.value)
    const never = strategies.every((strategy) => strategy === 'bluegreen')
      ? CANARY_ONLY
      : strategies.every((strategy) => strategy !== 'bluegreen')
        ? BLUEGREEN_ONLY
        : []
    const strategy = never === CANARY_ONLY ? 'bluegreen' : 'canary'
    return never
      .filter((key) => settings[key] !== undefined)
      .map((key) => ({
        path: ['services', service, key],
        value: settings[key],
        legal: `it with the other strategy: ${service} is released by ${strategy} wherever it is released`,
      }))
  })
}
