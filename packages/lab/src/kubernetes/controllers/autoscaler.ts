import { withCondition } from '../conditions.ts'
import { timestamp } from '../names.ts'
import type { Autoscaler, Condition, Deployment, Pod } from '../objects.ts'
import { matches } from '../selectors.ts'
import { AUTOSCALER, DEPLOYMENT, isKind, POD, type Objects } from '../typed.ts'
import type { Controller, Tools } from './controller.ts'
import { isActive, isReady } from './pods.ts'
import type { LookAgain } from './queue.ts'

const COMPONENT = 'horizontal-pod-autoscaler'
/** Between two looks; the real one takes 15 s. */
const PERIOD_MS = 500
/** A pod with this annotation uses that much CPU, in per cent of its request. */
export const CPU = 'lab.release-actions.dev/cpu-utilization'
/** The controller's own tolerance: a ratio of 0.9 to 1.1 changes nothing. */
const TOLERANCE = 0.1

/** The CPU use that a test orders. */
export class Utilizations {
  readonly #ordered = new Map<string, number>()

  /** What the pods that an autoscaler looks at use on average, in per cent of their request; undefined: no metrics. */
  set(namespace: string, autoscaler: string, percent: number | undefined): void {
    const key = `${namespace}/${autoscaler}`
    if (percent === undefined) this.#ordered.delete(key)
    else this.#ordered.set(key, percent)
  }

  /** The average of the pods that say what they use, else what was ordered. */
  of(namespace: string, autoscaler: string, pods: readonly Pod[]): number | undefined {
    const said = pods
      .map(({ metadata }) => metadata.annotations?.[CPU])
      .filter((value) => value !== undefined)
    if (said.length > 0) return said.reduce((sum, value) => sum + Number(value), 0) / said.length
    return this.#ordered.get(`${namespace}/${autoscaler}`)
  }
}

/** Scales Deployments between an autoscaler's bounds by CPU utilization. Without a stabilization window. */
export function autoscalerController(tools: Tools, utilizations: Utilizations): Controller {
  const { objects } = tools
  return {
    seen: ({ kind, object }, look) => {
      if (isKind(kind, AUTOSCALER)) look(object.metadata.namespace, object.metadata.name)
    },
    reconcile: ({ namespace, name }) => {
      const autoscaler = objects.get(AUTOSCALER, namespace, name)
      return autoscaler === undefined ? undefined : reconcile(tools, autoscaler, utilizations)
    },
  }
}

type Active = Pick<Condition, 'status' | 'reason' | 'message'>

function reconcile(
  { objects, events }: Tools,
  autoscaler: Autoscaler,
  utilizations: Utilizations,
): LookAgain {
  const { namespace = 'default', name } = autoscaler.metadata
  const { scaleTargetRef, minReplicas = 1, maxReplicas } = autoscaler.spec
  const target =
    scaleTargetRef.kind === 'Deployment' ? objects.get(DEPLOYMENT, namespace, scaleTargetRef.name) : undefined
  if (target === undefined) {
    const message = `the HPA controller was unable to get the target's current scale: ${scaleTargetRef.kind.toLowerCase()}s.apps "${scaleTargetRef.name}" not found`
    write(objects, autoscaler, [{ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message }])
    return PERIOD_MS
  }
  const current = target.spec.replicas ?? 1
  const able: Condition = {
    type: 'AbleToScale',
    status: 'True',
    reason: 'SucceededGetScale',
    message: "the HPA controller was able to get the target's current scale",
  }
  let [desired, reason] = [current, '']
  let active: Active = {
    status: 'True',
    reason: 'ValidMetricFound',
    message:
      'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
  }
  const rivals = overlapping(objects, target, autoscaler)
  if (current === 0)
    active = {
      status: 'False',
      reason: 'ScalingDisabled',
      message: 'scaling is disabled since the replica count of the target is zero',
    }
  else if (current > maxReplicas)
    [desired, reason] = [maxReplicas, 'Current number of replicas above Spec.MaxReplicas']
  else if (current < minReplicas)
    [desired, reason] = [minReplicas, 'Current number of replicas below Spec.MinReplicas']
  else if (rivals.length > 0) {
    const all = [...rivals, `${namespace}/${name}`].sort().join(' ')
    active = {
      status: 'False',
      reason: 'AmbiguousSelector',
      message: `pods by selector ${selectorText(target)} are controlled by multiple HPAs: [${all}]`,
    }
    events.record(COMPONENT, autoscaler, 'Warning', 'AmbiguousSelector', active.message ?? '')
  } else {
    const pods = objects
      .list(POD, namespace)
      .filter((pod) => isActive(pod) && matches(target.spec.selector, pod.metadata.labels))
    const goal = autoscaler.spec.metrics?.[0]?.resource?.target.averageUtilization ?? 80
    const used = utilizations.of(namespace, name, pods)
    if (used === undefined) {
      const why =
        'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)'
      active = {
        status: 'False',
        reason: 'FailedGetResourceMetric',
        message: `the HPA was unable to compute the replica count: ${why}`,
      }
      events.record(COMPONENT, autoscaler, 'Warning', 'FailedGetResourceMetric', why)
    } else {
      const ratio = used / goal
      // https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
      const counted = Math.max(pods.filter(isReady).length, 1)
      const computed = Math.abs(ratio - 1) <= TOLERANCE ? current : Math.ceil(ratio * counted)
      desired = Math.min(Math.max(computed, minReplicas), maxReplicas)
      reason =
        desired > current
          ? 'cpu resource utilization (percentage of request) above target'
          : 'All metrics below target'
    }
  }
  if (desired !== current) {
    objects.update(DEPLOYMENT, { ...target, spec: { ...target.spec, replicas: desired } })
    events.record(
      COMPONENT,
      autoscaler,
      'Normal',
      'SuccessfulRescale',
      `New size: ${desired}; reason: ${reason}`,
    )
  }
  write(objects, autoscaler, [able, { type: 'ScalingActive', ...active }], { current, desired })
  return PERIOD_MS
}

function selectorText({ spec }: Deployment): string {
  return Object.entries(spec.selector.matchLabels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

/** Other autoscalers whose targets' pods this target's selector matches too. */
function overlapping(objects: Objects, target: Deployment, own: Autoscaler): readonly string[] {
  const { namespace } = target.metadata
  return objects
    .list(AUTOSCALER, namespace)
    .filter(({ metadata, spec }) => {
      if (metadata.uid === own.metadata.uid || spec.scaleTargetRef.kind !== 'Deployment') return false
      const other = objects.get(DEPLOYMENT, namespace, spec.scaleTargetRef.name)
      if (other === undefined) return false
      const pods = objects.list(POD, namespace)
      return pods.some(
        ({ metadata: { labels } }) =>
          matches(target.spec.selector, labels) && matches(other.spec.selector, labels),
      )
    })
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
}

function write(
  objects: Objects,
  autoscaler: Autoscaler,
  conditions: readonly Condition[],
  size?: { current: number; desired: number },
): void {
  objects.updateStatus(AUTOSCALER, autoscaler, (current) => {
    const before = current.status ?? {}
    let list = before.conditions ?? []
    for (const condition of conditions) list = withCondition(list, condition)
    const moved = size !== undefined && size.current !== size.desired
    current.status = {
      ...before,
      conditions: list,
      ...(size !== undefined && { currentReplicas: size.current, desiredReplicas: size.desired }),
      ...(moved && { lastScaleTime: timestamp() }),
    }
  })
}
