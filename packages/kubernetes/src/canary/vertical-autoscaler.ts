import type { Client } from '../client.ts'

interface VerticalAutoscaler {
  readonly metadata?: { readonly name?: string }
  readonly spec?: {
    readonly targetRef?: { readonly kind?: string; readonly name?: string }
    readonly updatePolicy?: { readonly updateMode?: string }
  }
}

/**
 * A VerticalPodAutoscaler that evicts the workload's pods, or gives them other requests than the canary's: a sentence
 * each. Where there are none, or they may not be listed, nothing: the Role need not know of them.
 */
export async function warnedVertical(
  client: Pick<Client, 'raw' | 'namespace'>,
  workload: string,
): Promise<readonly string[]> {
  const path = `/apis/autoscaling.k8s.io/v1/namespaces/${encodeURIComponent(client.namespace)}/verticalpodautoscalers`
  const { status, body } = await client.raw({ method: 'GET', path })
  if (status !== 200) return []
  const { items = [] } = JSON.parse(body) as { readonly items?: readonly VerticalAutoscaler[] }
  return items
    .filter(({ spec }) => spec?.targetRef?.kind === 'Deployment' && spec.targetRef.name === workload)
    .filter(({ spec }) => spec?.updatePolicy?.updateMode !== 'Off')
    .map(
      ({ metadata }) =>
        `VerticalPodAutoscaler ${metadata?.name} may evict the stable's pods during the release, and gives them other requests than the canary's: a comparison of the two is of unequal pods`,
    )
}
