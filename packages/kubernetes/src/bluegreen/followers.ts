import { type Color, COLORS, type Follower, type Owner } from '@release-actions/release'
import { type JsonPatchOperation, pointer } from '../json-patch.ts'
import { COLOR, colorName, OWNER } from '../names.ts'
import type { Autoscaler, DisruptionBudget, Labels, LabelSelector, Service } from '../objects.ts'
import { mapMatches, selectorMatches } from '../selectors.ts'
import { ownerIn } from './colors-of.ts'
import { appliers } from './selector-owner.ts'
import { without } from './template.ts'

/** What of a namespace may follow the colour that serves. */
export interface Surroundings {
  readonly workload: string
  /** What the user's own Deployment puts on its pods. */
  readonly labels: Labels
  readonly autoscalers: readonly Autoscaler[]
  readonly budgets: readonly DisruptionBudget[]
  /** Without the one that switches. */
  readonly services: readonly Service[]
}

export type FollowingKind = 'HorizontalPodAutoscaler' | 'PodDisruptionBudget' | 'Service'

/** An object of the user's that is about the pods that serve, and how it is made to mean a colour's. */
export interface Following extends Follower {
  readonly kind: FollowingKind
  readonly name: string
  readonly found: Autoscaler | DisruptionBudget | Service
  /** Applied server-side by somebody: what we change there, their next apply fights over. */
  readonly applier: string | undefined
  patch(to: Owner): readonly JsonPatchOperation[]
}

/** What a follower selects pods by; undefined: it names a Deployment. */
export function selectorOf({ kind, found }: Pick<Following, 'kind' | 'found'>): LabelSelector | undefined {
  switch (kind) {
    case 'HorizontalPodAutoscaler':
      return undefined
    case 'PodDisruptionBudget':
      return (found as DisruptionBudget).spec?.selector
    case 'Service':
      return { matchLabels: (found as Service).spec?.selector ?? {} }
  }
}

/**
 * The HPA that scales the workload (one: two whose pods' selectors overlap stop each other), the PDBs that count its
 * pods, and every other Service that leads to them: without our key an idle colour would get its requests.
 */
export function followings(around: Surroundings): readonly Following[] {
  return [...scalers(around), ...counters(around), ...leading(around)]
}

function scalers({ workload, autoscalers }: Surroundings): readonly Following[] {
  const names: Readonly<Record<Owner, string>> = {
    own: workload,
    blue: colorName(workload, 'blue'),
    green: colorName(workload, 'green'),
  }
  const owners: readonly Owner[] = ['own', ...COLORS]
  return autoscalers.flatMap((found): Following[] => {
    const target = found.spec?.scaleTargetRef
    const to = owners.find((owner) => names[owner] === target?.name)
    if (target?.kind !== 'Deployment' || to === undefined) return []
    const path = ['spec', 'scaleTargetRef'] as const
    return [
      following('HorizontalPodAutoscaler', found, path, to, (next) => [
        { op: 'replace', path: pointer(...path, 'name'), value: names[next] },
      ]),
    ]
  })
}

function counters({ labels, budgets }: Surroundings): readonly Following[] {
  return budgets.flatMap((found): Following[] => {
    const selector = found.spec?.selector
    const keys = (selector?.matchExpressions ?? []).map(({ key }) => key)
    const plain = { ...selector, matchLabels: without(selector?.matchLabels ?? {}) }
    if (selector === undefined || keys.includes(COLOR) || !selectorMatches(plain, labels)) return []
    const to = ownerIn(selector.matchLabels)
    if (typeof to !== 'string') return []
    const none: readonly JsonPatchOperation[] =
      selector.matchLabels === undefined ? [{ op: 'add', path: '/spec/selector/matchLabels', value: {} }] : []
    return [
      following('PodDisruptionBudget', found, ['spec', 'selector'], to, (next) => [
        ...none,
        ...keyed(pointer('spec', 'selector', 'matchLabels', COLOR), to, next),
      ]),
    ]
  })
}

function leading({ labels, services }: Surroundings): readonly Following[] {
  return services.flatMap((found): Following[] => {
    const selector = found.spec?.selector
    const to = ownerIn(selector)
    if (found.metadata?.annotations?.[OWNER] !== undefined || typeof to !== 'string') return []
    if (!mapMatches(without(selector ?? {}), labels)) return []
    return [
      following('Service', found, ['spec', 'selector'], to, (next) =>
        keyed(pointer('spec', 'selector', COLOR), to, next),
      ),
    ]
  })
}

function following(
  kind: FollowingKind,
  found: Autoscaler | DisruptionBudget | Service,
  path: readonly string[],
  to: Owner,
  patch: Following['patch'],
): Following {
  const name = found.metadata?.name ?? ''
  const [applier] = appliers(found.metadata, path)
  return { kind, name, object: `${kind}/${name}`, found, to, applier, patch }
}

/** Our key with another value; for the user's own Deployment it goes. */
function keyed(path: string, from: Owner, to: Owner): readonly JsonPatchOperation[] {
  if (to !== 'own') return [{ op: 'add', path, value: to satisfies Color }]
  return from === 'own' ? [] : [{ op: 'remove', path }]
}
