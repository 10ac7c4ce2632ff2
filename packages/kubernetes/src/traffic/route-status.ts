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
  const generation = route.metadata?.generation ?? 0
  const wanted = route.spec?.parentRefs ?? []
  const parents = (route.status?.parents ?? []).filter((each) =>
    wanted.some((ref) => isSame(ref, each.parentRef)),
  )
  const said = parents
    .filter((parent) => !isLeftOver(parent, parents, generation))
    .map((parent) => judge(parent, generation, wasUnresolved))
  const refused = said.find((each) => each.kind === 'refused')
  return {
    accepted: said.length > 0 && said.every((each) => each.kind === 'accepted'),
    refused: refused?.kind === 'refused' ? refused.why : undefined,
  }
}

/**
 * A Gateway has one controller. Of two that have written about the same one, the one that is behind while the other
 * knows the current generation was uninstalled, or its class was changed: it will never say more.
 */
function isLeftOver(parent: RouteParent, all: readonly RouteParent[], generation: number): boolean {
  if ((parent.parentRef.kind ?? 'Gateway') !== 'Gateway') return false
  if (current(parent, 'Accepted', generation) !== undefined) return false
  return all.some(
    (other) =>
      other.controllerName !== parent.controllerName &&
      isSame(other.parentRef, parent.parentRef) &&
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

function isSame(a: ParentRef, b: ParentRef): boolean {
  return (
    a.name === b.name &&
    (a.sectionName ?? '') === (b.sectionName ?? '') &&
    (a.port ?? 0) === (b.port ?? 0) &&
    (a.kind ?? 'Gateway') === (b.kind ?? 'Gateway')
  )
}
