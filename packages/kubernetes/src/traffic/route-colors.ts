import { type Color, COLORS, type Owner } from '@release-actions/release'
import { type JsonPatch, type JsonPatchOperation, pointer } from '../json-patch.ts'
import { besideService, colorsKey } from '../names.ts'
import { annotated } from './route-mark.ts'
import type { BackendRef, HttpRoute } from './route-types.ts'
import { isService, weightOf } from './route-weights.ts'

/** Of a rule that names nobody else. */
const ALL = 100

/** What we note on a route when the colours come in. */
export interface ColorMark {
  /** The user's Service, in whose place the colours' are. */
  readonly service: string
  /** ResolvedRefs was False before us: it is not our doing. */
  readonly unresolved: boolean
}

export function colorMark(route: HttpRoute | undefined, workload: string): ColorMark | undefined {
  const { service, unresolved } = annotated(route, colorsKey(workload))
  // Somebody's own text: then the Service is the one that this step was given.
  return typeof service === 'string' ? { service, unresolved: unresolved === true } : undefined
}

/** A rule that names the user's Service or one of the colours'; places are indices. */
export interface ColorRule {
  readonly at: number
  readonly refs: readonly BackendRef[]
  readonly own: number | undefined
  readonly blue: number | undefined
  readonly green: number | undefined
}

export function colorRules(route: HttpRoute, service: string): readonly ColorRule[] {
  const namespace = route.metadata?.namespace ?? ''
  return (route.spec?.rules ?? []).flatMap(({ backendRefs: refs = [] }, at) => {
    const place = (name: string): number | undefined => {
      const found = refs.findIndex((ref) => isService(ref, name, namespace))
      return found < 0 ? undefined : found
    }
    const rule = {
      at,
      refs,
      own: place(service),
      blue: place(besideService(service, 'blue')),
      green: place(besideService(service, 'green')),
    }
    return rule.own === undefined && rule.blue === undefined && rule.green === undefined ? [] : [rule]
  })
}

/** Whose backends of a rule get requests. */
export function reached(rule: ColorRule): readonly Owner[] {
  const owners: readonly Owner[] = ['own', ...COLORS]
  return owners.filter((owner) => {
    const at = rule[owner]
    return at !== undefined && weightOf(rule.refs[at]) > 0
  })
}

/** The colour that every rule of a route names; `own` where they name none, or do not agree. */
export function servingRoute(route: HttpRoute | undefined, workload: string): Owner {
  const mark = colorMark(route, workload)
  if (route === undefined || mark === undefined) return 'own'
  const all = new Set<Owner>(colorRules(route, mark.service).flatMap(reached))
  const [only, second] = all
  return only !== undefined && second === undefined ? only : 'own'
}

/** What of a rule's weights is ours to give: that of the user's Service and of the colours' together. */
export function shareOfOurs(rule: ColorRule): number {
  const places = [rule.own, rule.blue, rule.green].filter((at) => at !== undefined)
  return places.reduce((sum, at) => sum + weightOf(rule.refs[at]), 0)
}

/**
 * Their refs beside the user's own, with its port and filters, and nothing of the traffic.
 * @param except a colour that comes in by another way
 */
export function linking(rule: ColorRule, service: string, except: Color | undefined): JsonPatch {
  const refs = pointer('spec', 'rules', rule.at, 'backendRefs')
  const own = rule.own === undefined ? undefined : rule.refs[rule.own]
  const missing = COLORS.filter((color) => color !== except && rule[color] === undefined)
  if (own === undefined || rule.own === undefined || missing.length === 0) return []
  return [
    { op: 'test', path: `${refs}${pointer(rule.own, 'name')}`, value: own.name },
    ...missing.map((color) => ({
      op: 'add' as const,
      path: `${refs}/-`,
      value: { ...own, name: besideService(service, color), weight: 0 },
    })),
  ]
}

/**
 * The patch that gives a colour all that the user's Service and the colours have in a rule, as long as each ref is
 * still the one that it was. Other backends keep their share. A ref that was taken out comes back.
 */
export function giving(rule: ColorRule, to: Color, service: string): JsonPatch {
  const refs = pointer('spec', 'rules', rule.at, 'backendRefs')
  const share = shareOfOurs(rule)
  if (share === 0) return []
  const places = [rule.own, rule.blue, rule.green].filter((at) => at !== undefined)
  const alone = places.length === rule.refs.length
  const weight = alone ? ALL : share
  const patch = places.flatMap((at): JsonPatch => {
    const ref = rule.refs[at]
    const wanted = at === rule[to] ? weight : 0
    if (ref === undefined || ref.weight === wanted) return []
    const test: JsonPatchOperation = { op: 'test', path: `${refs}${pointer(at, 'name')}`, value: ref.name }
    return [test, { op: 'add', path: `${refs}${pointer(at, 'weight')}`, value: wanted }]
  })
  const like = rule.refs[places[0] ?? 0]
  if (rule[to] !== undefined || like === undefined) return patch
  const added: JsonPatchOperation = {
    op: 'add',
    path: `${refs}/-`,
    value: { ...like, name: besideService(service, to), weight },
  }
  return [...patch, added]
}
