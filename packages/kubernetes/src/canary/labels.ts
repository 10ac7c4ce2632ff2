import { InvalidInput } from '@release-actions/values'
import { canaryValue, TRACK } from '../names.ts'
import type { DisruptionBudget, Labels, LabelSelector, NetworkPolicy, Service } from '../objects.ts'
import { keysOf, mapMatches, selectorMatches } from '../selectors.ts'

/** What of a namespace decides which labels keep the canary out of the traffic that no one gave it. */
export interface Neighbourhood {
  /** Of the stable's pod template. */
  readonly labels: Labels
  /** The stable Deployment's. */
  readonly selector: LabelSelector
  /** All Services of the namespace, without our own canary Service. */
  readonly services: readonly Service[]
  readonly policies: readonly NetworkPolicy[]
  readonly budgets: readonly DisruptionBudget[]
}

export interface CanaryLabels {
  /** The set K: what the canary's pods carry instead, by key. */
  readonly changed: Labels
  /** All labels of the canary's pods. */
  readonly labels: Labels
  /** The canary Deployment's `matchLabels`. */
  readonly selector: Labels
  /** The stable's selector matches the canary's pods too: no HPA for the canary, and PDBs count both. */
  readonly overlaps: boolean
}

/**
 * The labels of a canary behind a router. K is the smallest set with a key in every Service selector that matches the
 * stable's pods and a key of the stable's `matchLabels`; on a tie the one whose keys the fewest NetworkPolicies and
 * PDBs name. A workload that carries `release-actions.dev/track: stable` in its template and in those selectors has
 * chosen its own way: K is that key.
 * @param override the input canary-labels: what to change instead
 * @throws InvalidInput when `override` does not do it, or nothing can
 */
export function canaryLabels(around: Neighbourhood, override?: Labels): CanaryLabels {
  if (override !== undefined && Object.keys(override).length > 0) return overridden(around, override)
  if (isTracked(around)) return withChanged(around, { [TRACK]: 'canary' })
  const found = smallest(around)
  if (found !== undefined) return withChanged(around, found)
  throw new InvalidInput(
    'canary-labels',
    undefined,
    'labels that take the canary out of every Service selector',
    {
      why: selecting(around, around.labels).map(
        (service) => `Service ${nameOf(service)} selects ${text(service.spec?.selector)}`,
      ),
      fix: [
        'give the Deployment a matchLabels key that the Services select too, or name the labels in canary-labels',
      ],
    },
  )
}

/** Without a router the labels are kept, since the Service spreads the requests; one more label tells the two apart. */
export function spreadLabels({ labels, selector }: Pick<Neighbourhood, 'labels' | 'selector'>): CanaryLabels {
  const changed = { [TRACK]: 'canary' }
  return {
    changed,
    labels: { ...labels, ...changed },
    selector: { ...pick(labels, keysOf(selector)), ...changed },
    overlaps: true,
  }
}

/** The Services that select these labels. */
export function selecting({ services }: Pick<Neighbourhood, 'services'>, labels: Labels): readonly Service[] {
  return services.filter((service) => mapMatches(service.spec?.selector, labels))
}

function withChanged(around: Neighbourhood, changed: Labels): CanaryLabels {
  const labels = { ...around.labels, ...changed }
  const selector = pick(labels, [...keysOf(around.selector), ...Object.keys(changed)])
  return { changed, labels, selector, overlaps: selectorMatches(around.selector, labels) }
}

function isTracked(around: Neighbourhood): boolean {
  const services = selecting(around, around.labels)
  return (
    around.labels[TRACK] === 'stable' &&
    services.length > 0 &&
    services.every((service) => service.spec?.selector?.[TRACK] === 'stable')
  )
}

function overridden(around: Neighbourhood, override: Labels): CanaryLabels {
  const chosen = withChanged(around, override)
  const still = selecting(around, chosen.labels)
  const wrong = (why: string): InvalidInput =>
    new InvalidInput(
      'canary-labels',
      text(override),
      'labels that take the canary out of every Service selector',
      {
        why: [why],
      },
    )
  if (still[0] !== undefined)
    throw wrong(`Service ${nameOf(still[0])} selects ${text(still[0].spec?.selector)}`)
  if (chosen.overlaps && override[TRACK] === undefined) {
    throw wrong(`the Deployment's own selector would match the canary's pods`)
  }
  return chosen
}

/** Sets of growing size, so that the first size with a fitting set is the smallest. */
function smallest(around: Neighbourhood): Labels | undefined {
  const services = selecting(around, around.labels)
  const named = [
    ...services.flatMap((each) => Object.keys(each.spec?.selector ?? {})),
    ...keysOf(around.selector),
  ]
  const keys = [...new Set(named)].filter((key) => around.labels[key] !== undefined).sort()
  for (let size = 1; size <= keys.length; size++) {
    const fitting = subsets(keys, size)
      .map((set) => changing(around, set))
      .filter((changed) => isFree(around, changed))
    if (fitting.length > 0) return fitting.reduce((best, next) => (score(next) < score(best) ? next : best))
  }
  return undefined

  function score(changed: Labels): number {
    return watched(around, Object.keys(changed))
  }
}

function changing({ labels }: Neighbourhood, keys: readonly string[]): Labels {
  return Object.fromEntries(keys.map((key) => [key, canaryValue(labels[key] ?? '')]))
}

/** No Service selects such pods, and the stable's controller does not take them for its own. */
function isFree(around: Neighbourhood, changed: Labels): boolean {
  const labels = { ...around.labels, ...changed }
  return selecting(around, labels).length === 0 && !selectorMatches(around.selector, labels)
}

/** How many NetworkPolicies and PDBs name one of the keys. */
function watched({ policies, budgets }: Neighbourhood, keys: readonly string[]): number {
  const selectors = [
    ...policies.map((policy) => [policy.spec?.podSelector, ...peersOf(policy)]),
    ...budgets.map((budget) => [budget.spec?.selector]),
  ]
  return selectors.filter((all) => all.some((each) => keysOf(each).some((key) => keys.includes(key)))).length
}

/** The pod selectors in a policy's rules. */
export function peersOf(policy: NetworkPolicy): readonly LabelSelector[] {
  const from = (policy.spec?.ingress ?? []).flatMap((rule) => rule._from ?? wireFrom(rule))
  const to = (policy.spec?.egress ?? []).flatMap((rule) => rule.to ?? [])
  return [...from, ...to].map((peer) => peer.podSelector).filter((selector) => selector !== undefined)
}

/** client-node's type calls the field `_from`; on the wire it is `from`. */
function wireFrom(rule: object): readonly { readonly podSelector?: LabelSelector }[] {
  return 'from' in rule && Array.isArray(rule.from) ? rule.from : []
}

function subsets(keys: readonly string[], size: number): readonly (readonly string[])[] {
  if (size === 0) return [[]]
  return keys.flatMap((key, at) => subsets(keys.slice(at + 1), size - 1).map((rest) => [key, ...rest]))
}

function pick(labels: Labels, keys: readonly string[]): Labels {
  return Object.fromEntries(
    [...new Set(keys)].flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])),
  )
}

function nameOf(service: Service): string {
  return service.metadata?.name ?? ''
}

function text(labels: Labels | undefined): string {
  return Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
}
