import { NO_GATES } from '@release-actions/action-world'
import { runCanary, type Listener } from '@release-actions/engine'
import type { KubernetesRollback } from '@release-actions/kubernetes'
import { leftTo, type AbortGoal, type InFlight } from '@release-actions/release'
import type { Clock } from '@release-actions/ports'
import type { Part } from './part.ts'

/** Ends the canary that is in flight, whoever works on it: the route goes back first. */
export async function endCanary(
  goal: AbortGoal,
  flight: InFlight,
  { cluster, traffic, claims }: KubernetesRollback,
  clock: Clock,
  cancelled: AbortSignal,
  listener: Listener,
): Promise<Part> {
  const ports = { clock, cluster, traffic, claims, gates: NO_GATES, meter: undefined }
  const {
    end,
    last,
    journal,
    words,
    flight: seen = flight,
  } = await runCanary(goal, ports, cancelled, listener)
  const { weight } = last.seen.traffic
  const state = last.seen.claim.state
  // It may have been promoted so far that only tidying up was left: then it is what serves.
  const promoted =
    end.kind === 'done' &&
    state.last?.outcome === 'promoted' &&
    state.last.release.template === seen.release.template
  const stays = promoted || weight > 50
  const serving = {
    release: stays ? seen.release : seen.base.release,
    share: promoted ? 100 : stays ? weight : 100 - weight,
  }
  const wayBack = weight > 0 && !cancelled.aborted ? await traffic.wayBack() : undefined
  const common = { journal, words, serving, deployment: promoted ? undefined : seen.deployment, wayBack }
  switch (end.kind) {
    case 'done': {
      const reason = leftTo(goal, last.seen.claim)
      if (reason !== undefined) return { ...common, end: { kind: 'left', reason } }
      return { ...common, end: { kind: 'done', changed: !promoted } }
    }
    case 'failed': {
      const { decision, reason } = end
      const code = weight > 0 ? 'retreat-failed' : end.code
      return {
        ...common,
        end: { kind: 'failed', decision: decision === 'cancelled' ? decision : 'failed', code, reason },
      }
    }
    case 'stopped':
      return {
        ...common,
        end: { kind: 'failed', decision: 'superseded', code: 'superseded', reason: end.reason },
      }
  }
}
