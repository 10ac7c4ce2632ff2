import { createHash } from 'node:crypto'

/** The labels and annotations that are ours. */
export const DOMAIN = 'release-actions.dev'
/** On the Lease: LeaseState as JSON. */
export const STATE = `${DOMAIN}/state`
/** On what we created: the workload it belongs to. */
export const OWNER = `${DOMAIN}/workload`
/** On the Deployment of a canary or a colour: the hash of the template that the stable, the user's own, would have. */
export const TEMPLATE = `${DOMAIN}/template`
/** On the canary Deployment, once it is being promoted: what the stable gets besides the template, as JSON. */
export const BESIDE = `${DOMAIN}/beside-template`
/** On the canary Deployment: the labels that tell it from the stable, as JSON. */
export const LABELS = `${DOMAIN}/labels`
/** On a colour's Deployment: the hash of its pod template as the server took it, so that another's edit shows. */
export const APPLIED = `${DOMAIN}/applied`
/** On the pods of a colour, and in what selects them: `blue` or `green`. */
export const COLOR = `${DOMAIN}/color`
/** `stable` or `canary`: the user's own way to tell them apart, and ours without a router. */
export const TRACK = `${DOMAIN}/track`

const LONGEST_LABEL = 63

/**
 * A name of at most `longest` characters: one that is too long is cut, and a hash of the whole put at its end, so that
 * two long names stay two.
 */
export function bounded(name: string, longest = LONGEST_LABEL): string {
  if (name.length <= longest) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${name.slice(0, longest - 9).replace(/[-._]+$/, '')}-${hash}`
}

/** `release-actions-shop`. */
export function leaseName(workload: string): string {
  return bounded(`release-actions-${workload}`)
}

/** The annotation that carries the fence of one workload's Lease; several workloads may share an object (a route). */
export function fenceKey(workload: string): string {
  return `fence.${DOMAIN}/${bounded(workload)}`
}

/** On a route: what of it is ours, as JSON. */
export function routeKey(workload: string): string {
  return `canary.${DOMAIN}/${bounded(workload)}`
}

/** On a route: the colours' Services in it, as JSON. */
export function colorsKey(workload: string): string {
  return `colors.${DOMAIN}/${bounded(workload)}`
}

/** `shop` → `shop-blue`, for a Deployment. */
export function colorName(workload: string, color: 'blue' | 'green'): string {
  return `${bounded(workload, 253 - color.length - 1)}-${color}`
}

/** `shop` → `shop-blue`, `shop-preview`, `shop-canary`, for a Service: a DNS label. */
export function besideService(service: string, suffix: 'blue' | 'green' | 'preview' | 'canary'): string {
  return `${bounded(service, LONGEST_LABEL - suffix.length - 1)}-${suffix}`
}

/** `shop` → `shop-canary`, as a label value (≤ 63 characters) too. */
export function canaryValue(value: string): string {
  // A label may be empty, and no value begins with a dash.
  if (value === '') return 'canary'
  return `${bounded(value, LONGEST_LABEL - '-canary'.length)}-canary`
}

/** `shop` → `shop-canary`, for a Deployment; a Service's name is shorter: besideService. */
export function canaryName(workload: string): string {
  return `${bounded(workload, 253 - '-canary'.length)}-canary`
}
