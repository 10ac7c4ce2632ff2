import { formatPercent, type Percent, ReleaseError } from '@release-actions/values'
import { type JsonPatchOperation, pointer } from '../json-patch.ts'
import type { BackendRef, HttpRoute, RouteRule } from './route-types.ts'

/** A rule that names the stable Service; places are indices in `rules` and `backendRefs`. */
export interface SplitRule {
  readonly at: number
  readonly stable: number
  /** undefined: our ref is not in it. */
  readonly canary: number | undefined
  readonly refs: readonly BackendRef[]
}

/** Gateway API: weights are integers from 0 to 1,000,000. */
const LARGEST = 1_000_000

export function isService(ref: BackendRef, name: string, namespace: string): boolean {
  const service = (ref.kind ?? 'Service') === 'Service' && (ref.group ?? '') === ''
  return service && ref.name === name && (ref.namespace ?? namespace) === namespace
}

/**
 * The rules that name the stable Service (or only the one that `rule` picks, by name or index), and always those where
 * our ref is: rules may be reordered while a release is in flight, and a way back must find it wherever it is.
 */
export function splitRules(
  route: HttpRoute,
  names: { readonly stable: string; readonly canary: string },
  rule: string | undefined,
): readonly SplitRule[] {
  const namespace = route.metadata?.namespace ?? ''
  return (route.spec?.rules ?? []).flatMap((each, at) => {
    const refs = each.backendRefs ?? []
    const stable = refs.findIndex((ref) => isService(ref, names.stable, namespace))
    const canary = refs.findIndex((ref) => isService(ref, names.canary, namespace))
    if (stable < 0 || (rule !== undefined && canary < 0 && !isRule(each, at, rule))) return []
    return [{ at, stable, canary: canary < 0 ? undefined : canary, refs }]
  })
}

/** Where our ref has traffic without the stable beside it: nothing of ours could give it back. Indices of rules. */
export function abandonedRules(
  route: HttpRoute,
  names: { readonly stable: string; readonly canary: string },
): readonly number[] {
  const namespace = route.metadata?.namespace ?? ''
  return (route.spec?.rules ?? []).flatMap(({ backendRefs = [] }, at) => {
    const stable = backendRefs.some((ref) => isService(ref, names.stable, namespace))
    const canary = backendRefs.find((ref) => isService(ref, names.canary, namespace))
    return !stable && weightOf(canary) > 0 ? [at] : []
  })
}

export function isRule(rule: RouteRule, at: number, wanted: string): boolean {
  return rule.name === wanted || String(at) === wanted
}

export function weightOf(ref: BackendRef | undefined): number {
  return ref === undefined ? 0 : (ref.weight ?? 1)
}

/** The canary's share of the stable's share in one rule, per cent; undefined when the rule gives neither anything. */
export function shareOf(rule: SplitRule): Percent | undefined {
  const stable = weightOf(rule.refs[rule.stable])
  const canary = rule.canary === undefined ? 0 : weightOf(rule.refs[rule.canary])
  return stable + canary === 0 ? undefined : Math.round((canary / (stable + canary)) * 1e6) / 1e4
}

/**
 * The weights of a rule with another share for the canary, in the order of its refs: what stable and canary have
 * together keeps its proportion to every other backend exactly, so all weights are scaled until they are integers.
 */
export function reweighed(rule: SplitRule, canaryShare: Percent): readonly number[] {
  const current = rule.refs.map(weightOf)
  const ours = (current[rule.stable] ?? 0) + (rule.canary === undefined ? 0 : (current[rule.canary] ?? 0))
  const isOurs = (at: number): boolean => at === rule.stable || at === rule.canary
  const others = current.filter((_, at) => !isOurs(at))
  const divisor = [ours, ...others].reduce(gcd, 0)
  if (ours === 0 || divisor === 0) return current
  const hundredths = Math.round(canaryShare * 100)
  const [base, rest] = [ours / divisor, others.map((weight) => weight / divisor)]
  const fits = (scale: number): boolean =>
    (base * scale * hundredths) % 10_000 === 0 && Math.max(base, ...rest) * scale <= LARGEST
  // A scale of 100 reads best (5 and 95); where that is too much, the smallest that is exact.
  const least = 10_000 / gcd(base * hundredths, 10_000)
  const scale = [100, 1000, 10_000, least].find(fits)
  if (scale === undefined) {
    throw new ReleaseError(
      'invalid-input',
      `the route's weights cannot be split exactly at ${formatPercent(canaryShare)}`,
      {
        why: [`weights ${current.join(', ')} would have to grow beyond ${LARGEST}`],
        fix: [
          'use smaller weights in the route (they are shares of their sum), or rounder weights in the plan',
        ],
      },
    )
  }
  const canary = (base * scale * hundredths) / 10_000
  return current.map((weight, at) =>
    at === rule.canary ? canary : at === rule.stable ? base * scale - canary : (weight / divisor) * scale,
  )
}

/** The patch that gives the refs of a rule these weights, as long as each is still the ref that it was. */
export function setWeights(rule: SplitRule, weights: readonly number[]): readonly JsonPatchOperation[] {
  return rule.refs.flatMap((ref, at): JsonPatchOperation[] => {
    const value = weights[at]
    const ours = at === rule.stable || at === rule.canary
    if (value === undefined || (!ours && value === weightOf(ref))) return []
    const path = (field: string): string => pointer('spec', 'rules', rule.at, 'backendRefs', at, field)
    const test: JsonPatchOperation = { op: 'test', path: path('name'), value: ref.name }
    return value === weightOf(ref) && ref.weight !== undefined
      ? [test]
      : [test, { op: 'add', path: path('weight'), value }]
  })
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
