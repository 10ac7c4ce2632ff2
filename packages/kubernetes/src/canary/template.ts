import type { Container, Labels, LabelSelector, PodTemplate } from '../objects.ts'
import { selectorMatches } from '../selectors.ts'
import type { CanaryLabels } from './labels.ts'
import { copied } from './never-copied.ts'

export interface TemplateOptions {
  /** The template that the stable will have. */
  readonly goal: PodTemplate
  readonly labels: CanaryLabels
  /** Leaving the endpoint list is the way back (no router): pods without a preStop hook wait so many seconds. */
  readonly preStop: number | undefined
}

/**
 * The canary's pod template: the goal's, with the canary's labels, and with every (anti-)affinity and topology-spread
 * selector that meant the pods themselves meaning the canary's pods.
 */
export function canaryTemplate({ goal, labels, preStop }: TemplateOptions): PodTemplate {
  const own = goal.metadata?.labels ?? {}
  const rewrite = (selector: LabelSelector | undefined): LabelSelector | undefined =>
    selector !== undefined && selectorMatches(selector, own) ? rewritten(selector, labels.changed) : selector
  const spec = rewriteSelectors(goal.spec ?? { containers: [] }, rewrite)
  const annotations = copied(goal.metadata?.annotations)
  return {
    metadata: {
      labels: { ...own, ...labels.changed },
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: {
      ...spec,
      containers: spec.containers.map((each) =>
        withPreStop(each, preStop, spec.terminationGracePeriodSeconds),
      ),
    },
  }
}

/** A pod's spec with other label selectors in its (anti-)affinity and topology-spread terms. */
export function rewriteSelectors(
  { affinity, topologySpreadConstraints, ...spec }: PodSpec,
  rewrite: Rewrite,
): PodSpec {
  return {
    ...spec,
    ...(affinity !== undefined && {
      affinity: {
        ...affinity,
        ...(affinity.podAffinity !== undefined && { podAffinity: peers(affinity.podAffinity, rewrite) }),
        ...(affinity.podAntiAffinity !== undefined && {
          podAntiAffinity: peers(affinity.podAntiAffinity, rewrite),
        }),
      },
    }),
    ...(topologySpreadConstraints !== undefined && {
      topologySpreadConstraints: topologySpreadConstraints.map((each) => selecting(each, rewrite)),
    }),
  }
}

type PodSpec = NonNullable<PodTemplate['spec']>

export type Rewrite = (selector: LabelSelector | undefined) => LabelSelector | undefined

interface Term {
  readonly labelSelector?: LabelSelector
}

interface Peers<T extends Term> {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly T[]
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
    readonly podAffinityTerm: T
    readonly weight: number
  }[]
}

function peers<T extends Term>(given: Peers<T>, rewrite: Rewrite): Peers<T> {
  const required = given.requiredDuringSchedulingIgnoredDuringExecution
  const preferred = given.preferredDuringSchedulingIgnoredDuringExecution
  return {
    ...(required !== undefined && {
      requiredDuringSchedulingIgnoredDuringExecution: required.map((term) => selecting(term, rewrite)),
    }),
    ...(preferred !== undefined && {
      preferredDuringSchedulingIgnoredDuringExecution: preferred.map((each) => ({
        ...each,
        podAffinityTerm: selecting(each.podAffinityTerm, rewrite),
      })),
    }),
  }
}

function selecting<T extends Term>(term: T, rewrite: Rewrite): T {
  const labelSelector = rewrite(term.labelSelector)
  return labelSelector === undefined ? term : { ...term, labelSelector }
}

/** A selector of the stable's pods as one of the canary's: another value where it names a key that differs. */
function rewritten(selector: LabelSelector, changed: Labels): LabelSelector {
  const swap = (key: string, value: string): string => changed[key] ?? value
  const { matchLabels, matchExpressions } = selector
  return {
    ...selector,
    ...(matchLabels !== undefined && {
      matchLabels: Object.fromEntries(
        Object.entries(matchLabels).map(([key, value]) => [key, swap(key, value)]),
      ),
    }),
    ...(matchExpressions !== undefined && {
      matchExpressions: matchExpressions.map((each) =>
        each.operator === 'In' && changed[each.key] !== undefined
          ? { ...each, values: [swap(each.key, '')] }
          : each,
      ),
    }),
  }
}

/** At most half of the grace period, so that the process keeps time to end its requests. */
function withPreStop(container: Container, seconds: number | undefined, grace = 30): Container {
  const wait = Math.min(seconds ?? 0, Math.floor(grace / 2))
  if (wait <= 0 || container.lifecycle?.preStop !== undefined) return container
  return { ...container, lifecycle: { ...container.lifecycle, preStop: { sleep: { seconds: wait } } } }
}
