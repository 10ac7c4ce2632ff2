import type { Client } from '../client.ts'
import { jsonOf } from '../status-errors.ts'
import { CANARY_WORDS, type Words } from './refusals.ts'

interface VerticalAutoscaler {
  readonly metadata?: { readonly name?: string }
  readonly spec?: {
    readonly targetRef?: { readonly kind?: string; readonly name?: string }
    readonly updatePolicy?: { readonly updateMode?: string }
  }
}

/**
 * A VerticalPodAutoscaler that evicts pods that serve, or gives them other requests than those beside them: a sentence
 * each. Where there are none, or they may not be listed, nothing: the Role need not know of them (ADR 9).
 * @param workloads the Deployments that one may act on
 */
export async function warnedVertical(
  client: Pick<Client, 'raw' | 'namespace'>,
  workloads: readonly string[],
  { present, newcomer }: Pick<Words, 'present' | 'newcomer'> = CANARY_WORDS,
): Promise<readonly string[]> {
  const path = `/apis/autoscaling.k8s.io/v1/namespaces/${encodeURIComponent(client.namespace)}/verticalpodautoscalers`
  const answer = await client.raw({ method: 'GET', path })
  if (answer.status !== 200) return []
  const { items = [] } = jsonOf<{ readonly items?: readonly VerticalAutoscaler[] }>(
    answer,
    'list VerticalPodAutoscaler',
  )
  return items
    .filter(({ spec }) => {
      const { kind, name } = spec?.targetRef ?? {}
      return kind === 'Deployment' && name !== undefined && workloads.includes(name)
    })
    .filter(({ spec }) => spec?.updatePolicy?.updateMode !== 'Off')
    .map(
      ({ metadata }) =>
        `VerticalPodAutoscaler ${metadata?.name} may evict pods of ${present} during the release, and gives them other requests than those of ${newcomer}: a comparison of the two is of unequal pods`,
    )
}
