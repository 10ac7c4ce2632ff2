import type { HttpRoute, ParentRef, RouteCondition, RouteParent } from './route-types.ts'

/**
 * What the controllers say of the route's current generation. `accepted` proves that they took it, not that it has
 * taken effect.
 * @param wasUnresolved ResolvedRefs was False before our ref came: then it is nothing of ours
 */
export function acceptanceOf(
  route: HttpRoute,
  wasUnresolved: boolean,
): { readonly accepted: boolean; readonly refused: string | undefined } {
  const generation = generationOf(route)
  const parents = parentsOf(route)
  // One that turns the route away has no requests for it, and says so of the route's hosts, not of its backends.
  const open = parents.filter((parent) => !isTurnedAway(parent, generation))
  const said = (open.length > 0 ? open : parents).map((parent) => judge(parent, generation, wasUnresolved))
  const refused = said.find((each) => each.kind === 'refused')
  return {
    accepted: said.length > 0 && said.every((each) => each.kind === 'accepted'),
    refused: refused?.kind === 'refused' ? refused.why : undefined,
  }
}

/** Why no request comes through the route: no parent has accepted it, and one refuses it. undefined: one may come. */
export function refusedByAll(route: HttpRoute): string | undefined {
  const accepted = parentsOf(route).map((parent) => ({
    parent,
    condition: current(parent, 'Accepted', generationOf(route)),
  }))
  const [first] = accepted
  return first?.condition !== undefined && accepted.every(({ condition }) => condition?.status === 'False')
    ? words(first.parent, first.condition)
    : undefined
}

/** Some controller has said of the route, as it is now, whether it takes it. */
export function isHeard(route: HttpRoute): boolean {
  return parentsOf(route).some((parent) => current(parent, 'Accepted', generationOf(route)) !== undefined)
}

function generationOf(route: HttpRoute): number {
  return route.metadata?.generation ?? 0
}

/** Those that the route names, and whose controllers have said something that counts. */
function parentsOf(route: HttpRoute): readonly RouteParent[] {
  const { namespace = '' } = route.metadata ?? {}
  const wanted = route.spec?.parentRefs ?? []
  const parents = (route.status?.parents ?? []).filter((each) =>
    wanted.some((ref) => isSame(ref, each.parentRef, namespace)),
  )
  return parents.filter((parent) => !isLeftOver(parent, parents, route))
}

/** Reasons that are about where the route attaches (Gateway API, RouteConditionReason): no weight changes them. */
const ELSEWHERE = ['NotAllowedByListeners', 'NoMatchingListenerHostname', 'NoMatchingParent']

function isTurnedAway(parent: RouteParent, generation: number): boolean {
  const { status, reason = '' } = current(parent, 'Accepted', generation) ?? {}
  return status === 'False' && ELSEWHERE.includes(reason)
}

/**
 * A Gateway has one controller. Of two that have written about the same one, the one that is behind while the other
 * knows the current generation was uninstalled, or its class was changed: it will never say more.
 */
function isLeftOver(parent: RouteParent, all: readonly RouteParent[], route: HttpRoute): boolean {
  const generation = generationOf(route)
  if ((parent.parentRef.kind ?? 'Gateway') !== 'Gateway') return false
  if (current(parent, 'Accepted', generation) !== undefined) return false
  return all.some(
    (other) =>
      other.controllerName !== parent.controllerName &&
      isSame(other.parentRef, parent.parentRef, route.metadata?.namespace ?? '') &&
      current(other, 'Accepted', generation) !== undefined,
  )
}

type Said = { readonly kind: 'accepted' | 'behind' } | { readonly kind: 'refused'; readonly why: string }

function judge(parent: RouteParent, generation: number, wasUnresolved: boolean): Said {
  const accepted = current(parent, 'Accepted', generation)
  if (accepted === undefined) return { kind: 'behind' }
  if (accepted.status !== 'True') return { kind: 'refused', why: words(parent, accepted) }
  const resolved = current(parent, 'ResolvedRefs', generation)
  if (resolved?.status === 'False' && !wasUnresolved) return { kind: 'refused', why: words(parent, resolved) }
  return { kind: 'accepted' }
}

function current({ conditions }: RouteParent, type: string, generation: number): RouteCondition | undefined {
  const condition = conditions?.find((each) => each.type === type)
  return condition !== undefined && (condition.observedGeneration ?? 0) >= generation ? condition : undefined
}

function words(parent: RouteParent, { type, reason, message }: RouteCondition): string {
  return [`${parent.controllerName}: ${type} is False`, reason, message]
    .filter((each) => (each ?? '') !== '')
    .join(': ')
}

/** @param namespace the route's, which is meant where none is named */
function isSame(a: ParentRef, b: ParentRef, namespace: string): boolean {
  return (
    a.name === b.name &&
    (a.namespace ?? namespace) === (b.namespace ?? namespace) &&
    (a.sectionName ?? '') === (b.sectionName ?? '') &&
    (a.port ?? 0) === (b.port ?? 0) &&
    (a.kind ?? 'Gateway') === (b.kind ?? 'Gateway')
  )
}
