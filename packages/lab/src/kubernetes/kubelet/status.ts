import { isTrue, withCondition } from '../conditions.ts'
import type { Condition, Container, ContainerStatus, Phase, Pod, PodSpec, PodStatus } from '../objects.ts'
import { HOST_IP } from './environment.ts'

/** What the kubelet knows of a pod, besides the object. */
export interface PodFacts {
  readonly ip: string | undefined
  readonly startTime: string
  readonly init: readonly InitStatus[]
  readonly main: readonly ContainerStatus[]
  /** Set once no container will run again. */
  readonly ended: Phase | undefined
}

export interface InitStatus {
  readonly status: ContainerStatus
  /** It succeeded, or, for a sidecar (one that keeps running), it has started. */
  readonly done: boolean
  readonly sidecar: boolean
}

/** A pod's status as a kubelet writes it: conditions of others (readiness gates) are kept and heeded. */
export function statusOf(pod: Pod, facts: PodFacts): PodStatus {
  const { ip, startTime, init, main } = facts
  const gates = (pod.spec.readinessGates ?? []).map(({ conditionType }) => conditionType)
  const initialized = init.every(({ done }) => done)
  const phase = facts.ended ?? phaseOf(initialized, main)
  const sidecars = init.filter(({ sidecar }) => sidecar).map(({ status }) => status)
  const unready = [...sidecars, ...main].filter(({ ready }) => !ready).map(({ name }) => name)
  const closed = gates.filter((type) => !isTrue(pod.status?.conditions, type))
  let conditions: Condition[] = pod.status?.conditions ?? []
  const set = (type: string, met: boolean, reason?: string, message?: string): void => {
    const observedGeneration = pod.metadata.generation ?? 1
    const why =
      met && reason !== 'PodCompleted' ? {} : { ...(reason && { reason }), ...(message && { message }) }
    conditions = withCondition(conditions, {
      type,
      status: met ? 'True' : 'False',
      lastProbeTime: null,
      observedGeneration,
      ...why,
    })
  }
  const waiting = init.filter((one) => !one.done).map(({ status }) => status.name)
  const done = phase === 'Succeeded' ? 'PodCompleted' : phase === 'Failed' ? 'PodFailed' : undefined
  const unreadyMessage = `containers with unready status: [${unready.join(' ')}]`
  set('PodReadyToStartContainers', ip !== undefined && done === undefined)
  set(
    'Initialized',
    initialized,
    'ContainersNotInitialized',
    `containers with incomplete status: [${waiting.join(' ')}]`,
  )
  const containersReady = unready.length === 0 && done === undefined
  const containersReason = done ?? 'ContainersNotReady'
  const containersMessage = done === undefined ? unreadyMessage : undefined
  if (containersReady && closed.length > 0) {
    set(
      'Ready',
      false,
      'ReadinessGatesNotReady',
      closed
        .map((type) => `corresponding condition of pod readiness gate "${type}" does not exist.`)
        .join(', '),
    )
  } else set('Ready', containersReady, containersReason, containersMessage)
  set('ContainersReady', containersReady, containersReason, containersMessage)
  set('PodScheduled', true)
  return {
    ...pod.status,
    phase,
    conditions,
    containerStatuses: [...main],
    ...(init.length === 0 ? {} : { initContainerStatuses: init.map(({ status }) => status) }),
    hostIP: HOST_IP,
    hostIPs: [{ ip: HOST_IP }],
    ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
    startTime,
    qosClass: qosClass(pod.spec),
    observedGeneration: pod.metadata.generation ?? 1,
  }
}

function phaseOf(initialized: boolean, main: readonly ContainerStatus[]): Phase {
  const neverStarted = main.some(
    ({ state, lastState }) => state.waiting !== undefined && lastState.terminated === undefined,
  )
  return !initialized || neverStarted ? 'Pending' : 'Running'
}

/** https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ */
export function qosClass({
  containers,
  initContainers = [],
}: PodSpec): 'BestEffort' | 'Burstable' | 'Guaranteed' {
  const all = [...containers, ...initContainers]
  const asks = all.some(({ resources = {} }) =>
    [resources.requests, resources.limits].some((list) => Object.keys(list ?? {}).length > 0),
  )
  if (!asks) return 'BestEffort'
  const guaranteed = all.every(({ resources = {} }) =>
    ['cpu', 'memory'].every((name) => {
      const limit = resources.limits?.[name]
      return limit !== undefined && String(resources.requests?.[name] ?? limit) === String(limit)
    }),
  )
  return guaranteed ? 'Guaranteed' : 'Burstable'
}

/** An init container that keeps running beside the main ones. */
export function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === 'Always'
}
