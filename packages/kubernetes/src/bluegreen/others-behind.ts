import type { Client } from '../client.ts'
import type { Labels, LabelSelector } from '../objects.ts'
import { selectorMatches, selectorText } from '../selectors.ts'
import { without } from './template.ts'

/**
 * Pods of other workloads that a selector means beside one's own: with our key in it they would be in it no more. Those
 * that a Deployment has not made yet (it is scaled to 0) are among them.
 * @param selector of a Service or a PDB
 * @param own the user's Deployment's: what tells its pods from all others
 * @returns their names; `those of Deployment cart` where there are none yet
 */
export async function othersBehind(
  client: Client,
  selector: LabelSelector,
  own: LabelSelector,
): Promise<readonly string[]> {
  const plain = { ...selector, matchLabels: without(selector.matchLabels ?? {}) }
  const pairs = Object.entries(own.matchLabels ?? {})
  const exact = (own.matchExpressions ?? []).length === 0 && pairs.length > 0
  // Whoever asks for all that the Deployment asks for means no others.
  if (exact && pairs.every(([key, value]) => plain.matchLabels[key] === value)) return []
  const [pods, deployments] = await Promise.all([
    client.list('Pod', { labels: selectorText(plain) }),
    client.list('Deployment'),
  ])
  const isOthers = (labels: Labels): boolean =>
    selectorMatches(plain, labels) && !selectorMatches(own, labels)
  const there = pods.items.filter(({ metadata, status }) => {
    const ended = status?.phase === 'Succeeded' || status?.phase === 'Failed'
    return !ended && isOthers(metadata?.labels ?? {})
  })
  const absent = deployments.items.filter(
    ({ metadata, spec }) =>
      metadata?.deletionTimestamp === undefined &&
      isOthers(spec?.template.metadata?.labels ?? {}) &&
      !there.some((pod) => selectorMatches(spec?.selector, pod.metadata?.labels ?? {})),
  )
  return [
    ...there.map(({ metadata }) => metadata?.name ?? ''),
    ...absent.map(({ metadata }) => `those of Deployment ${metadata?.name}`),
  ]
}

/** So many are named, for a person to see whose they are. */
export function named(pods: readonly string[]): string {
  return pods.length > 2 ? `${pods.slice(0, 2).join(', ')} and ${pods.length - 2} more` : pods.join(', ')
}
