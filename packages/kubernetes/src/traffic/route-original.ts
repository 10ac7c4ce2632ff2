import { isMapping } from '../config/kubeconfig.ts'
import { type JsonPatchOperation, pointer } from '../json-patch.ts'
import type { BackendRef, HttpRoute } from './route-types.ts'
import { reweighed, setWeights, type SplitRule, splitRules, weightOf } from './route-weights.ts'

/** What the route was before us, as JSON on the Lease: the weights of every rule that we change. */
export interface OriginalRoute {
  readonly service: string
  readonly rules: readonly { readonly matches: string; readonly refs: readonly OriginalRef[] }[]
}

interface OriginalRef {
  readonly name: string
  readonly weight: number
}

export function originalOf(route: HttpRoute, rules: readonly SplitRule[], service: string): OriginalRoute {
  return {
    service,
    rules: rules.map((rule) => {
      const before = rule.canary === undefined ? rule.refs.map(weightOf) : reweighed(rule, 0)
      const refs = rule.refs.map((ref, at) => ({ name: ref.name, weight: before[at] ?? 1 }))
      return { matches: matchesOf(route, rule.at), refs: refs.filter((_, at) => at !== rule.canary) }
    }),
  }
}

/** @returns undefined for what is not one of ours (an older Lease, nothing): then proportions are all that is kept */
export function parseOriginal(value: unknown): OriginalRoute | undefined {
  if (!isMapping(value) || typeof value['service'] !== 'string' || !Array.isArray(value['rules']))
    return undefined
  const rules = value['rules'].filter(isMapping).map((rule) => ({
    matches: typeof rule['matches'] === 'string' ? rule['matches'] : '',
    refs: (Array.isArray(rule['refs']) ? rule['refs'] : []).filter(isRef),
  }))
  return { service: value['service'], rules }
}

function isRef(value: unknown): value is OriginalRef {
  return isMapping(value) && typeof value['name'] === 'string' && typeof value['weight'] === 'number'
}

/**
 * The patch that takes our ref out of every rule and puts the weights back as they were. Rules are found by what they
 * match and by whom they name, since a user may have reordered them; where somebody changed the proportions
 * meanwhile, theirs are kept and only our ref goes.
 */
export function unlinking(
  route: HttpRoute,
  names: { readonly stable: string; readonly canary: string },
  original: OriginalRoute | undefined,
): readonly JsonPatchOperation[] {
  return splitRules(route, names, undefined).flatMap((rule): JsonPatchOperation[] => {
    if (rule.canary === undefined) return []
    const back = reweighed(rule, 0)
    const own = rule.canary
    const recorded = recordOf(route, rule, original)
    const kept = rule.refs.map((ref, at) => recorded?.get(ref.name) ?? back[at] ?? weightOf(ref))
    const weights = recorded !== undefined && inProportion(rule, back, kept) ? kept : back
    const path = pointer('spec', 'rules', rule.at, 'backendRefs', own)
    const others = rule.refs.map((_, at) => (at === own ? 0 : (weights[at] ?? 0)))
    return [...setWeights(rule, others), { op: 'remove', path }]
  })
}

function recordOf(
  route: HttpRoute,
  rule: SplitRule,
  original: OriginalRoute | undefined,
): ReadonlyMap<string, number> | undefined {
  const present = namesOf(rule.refs.filter((_, at) => at !== rule.canary))
  const same = (original?.rules ?? []).filter((each) => namesOf(each.refs) === present)
  const found = same.find((each) => each.matches === matchesOf(route, rule.at)) ?? same[0]
  return found === undefined ? undefined : new Map(found.refs.map((ref) => [ref.name, ref.weight]))
}

/** Are these the same shares, in other numbers? */
function inProportion(rule: SplitRule, a: readonly number[], b: readonly number[]): boolean {
  return rule.refs.every((_, at) => {
    if (at === rule.canary) return true
    return (a[at] ?? 0) * (b[rule.stable] ?? 0) === (b[at] ?? 0) * (a[rule.stable] ?? 0)
  })
}

function namesOf(refs: readonly Pick<BackendRef, 'name'>[]): string {
  return refs
    .map((ref) => ref.name)
    .sort()
    .join(' ')
}

function matchesOf(route: HttpRoute, at: number): string {
  return JSON.stringify(route.spec?.rules?.[at]?.matches ?? [])
}
