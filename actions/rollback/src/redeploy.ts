import { runRedeploy, type RedeployListener, type RedeployPorts } from '@release-actions/engine'
import type { KubernetesRollback } from '@release-actions/kubernetes'
import type { RedeployGoal } from '@release-actions/release'
import type { Clock } from '@release-actions/ports'
import { asItRuns, type Part } from './part.ts'

/** Sets the workload itself back, and sees it through. */
export async function redeploy(
  goal: RedeployGoal,
  world: KubernetesRollback,
  gates: RedeployPorts['gates'],
  clock: Clock,
  cancelled: AbortSignal,
  listener: RedeployListener,
): Promise<Part> {
  const { cluster, claims, serviced, client, target } = world
  const { end, last, journal, words } = await runRedeploy(
    goal,
    { clock, cluster, claims, gates, serviced },
    cancelled,
    listener,
  )
  const { stable } = last.cluster
  const there = stable.template === goal.release.template
  const fresh = stable.total === 0 ? 1 : (stable.total - stable.old) / stable.total
  const restored = there && fresh > 0.5
  const release = restored ? asItRuns(goal.release, stable.digest) : goal.from
  const share = Math.round((restored ? fresh : 1 - (there ? fresh : 0)) * 100)
  const kubectl = `kubectl -n ${client.namespace}`
  const wayBack =
    end.kind !== 'failed' || (there && stable.old === 0)
      ? undefined
      : there
        ? `${kubectl} rollout status deployment/${target.workload}`
        : `${kubectl} set image deployment/${target.workload} ${target.container}=${goal.release.image}`
  const common = { journal, words, serving: { release, share }, deployment: undefined, wayBack }
  switch (end.kind) {
    case 'done':
      return { ...common, end: { kind: 'done', changed: end.decision === 'rolled-back' } }
    case 'failed': {
      const { decision, code, reason } = end
      return { ...common, end: { kind: 'failed', decision, code, reason } }
    }
    case 'stopped':
      return {
        ...common,
        end: { kind: 'failed', decision: 'superseded', code: 'superseded', reason: end.reason },
      }
  }
}
