import { isTrue, withCondition } from '../conditions.ts'
import { canonical, timestamp } from '../names.ts'
import type { Job, Pod } from '../objects.ts'
import { isKind, JOB, POD } from '../typed.ts'
import { isControlledBy, ownerOf, type Controller, type Tools } from './controller.ts'
import { createPod, isReady } from './pods.ts'
import type { LookAgain } from './queue.ts'

const COMPONENT = 'job-controller'
/** How soon a failed pod is replaced, at first; it doubles. The real one starts at 10 s. */
const RETRY_MS = 100

/** Runs Jobs to completion. Without indices and parallel work queues: completions one after the other, or side by side. */
export function jobController(tools: Tools): Controller {
  const { objects } = tools
  return {
    seen: ({ kind, object }, look) => {
      const { namespace, name } = object.metadata
      if (isKind(kind, JOB)) look(namespace, name)
      const owner = isKind(kind, POD) ? ownerOf(object, 'Job') : undefined
      if (owner !== undefined) look(namespace, owner)
    },
    reconcile: ({ namespace, name }) => {
      const job = objects.get(JOB, namespace, name)
      return job === undefined || job.metadata.deletionTimestamp !== undefined
        ? undefined
        : reconcile(tools, job)
    },
  }
}

function reconcile(tools: Tools, job: Job): LookAgain {
  const { objects, events } = tools
  const {
    completions = 1,
    parallelism = 1,
    backoffLimit = 6,
    activeDeadlineSeconds,
    suspend = false,
  } = job.spec
  if (isTrue(job.status?.conditions, 'Complete') || isTrue(job.status?.conditions, 'Failed')) return
  const pods = objects.list(POD, job.metadata.namespace).filter((pod) => isControlledBy(pod, job))
  const ended = (phase: string): Pod[] => pods.filter(({ status }) => status?.phase === phase)
  const [succeeded, failed] = [ended('Succeeded').length, ended('Failed').length]
  let active = pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
  const restarts = active.reduce(
    (sum, pod) => sum + (pod.status?.containerStatuses ?? []).reduce((n, s) => n + s.restartCount, 0),
    0,
  )
  const startTime = job.status?.startTime ?? timestamp()
  const left =
    activeDeadlineSeconds === undefined
      ? Infinity
      : Date.parse(startTime) + activeDeadlineSeconds * 1000 - Date.now()

  let again: LookAgain = Number.isFinite(left) ? Math.max(left, 10) : undefined
  let end: { type: 'Complete' | 'Failed'; reason: string; message: string } | undefined
  if (succeeded >= completions)
    end = {
      type: 'Complete',
      reason: 'CompletionsReached',
      message: 'Reached expected number of succeeded pods',
    }
  else if (failed + restarts > backoffLimit)
    end = {
      type: 'Failed',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    }
  else if (left <= 0)
    end = {
      type: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    }

  if (end?.type === 'Failed') {
    for (const pod of active) objects.delete(POD, pod)
    active = []
  } else if (end === undefined && !suspend) {
    const wait =
      failed === 0 ? 0 : lastEnd(ended('Failed')) + RETRY_MS * 2 ** Math.min(failed - 1, 10) - Date.now()
    const missing = Math.min(parallelism, completions - succeeded) - active.length
    if (missing > 0 && wait > 0) again = Math.min(wait, again ?? Infinity)
    else
      for (let made = 0; made < missing; made++) {
        const created = createPod(tools, job, job.spec.template, COMPONENT, jobLabels(job))
        if ('refused' in created) {
          again = 1000
          break
        }
        active = [...active, created.pod]
      }
  }
  write(tools, job, { succeeded, failed, active, startTime, end })
  if (end?.type === 'Complete') events.record(COMPONENT, job, 'Normal', 'Completed', 'Job completed')
  if (end?.type === 'Failed') events.record(COMPONENT, job, 'Warning', end.reason, end.message)
  return again
}

function jobLabels({ metadata }: Job): Record<string, string> {
  const labels = { 'controller-uid': metadata.uid, 'job-name': metadata.name }
  return {
    ...labels,
    ...Object.fromEntries(
      Object.entries(labels).map(([key, value]) => [`batch.kubernetes.io/${key}`, value]),
    ),
  }
}

function lastEnd(pods: readonly Pod[]): number {
  const ends = pods.flatMap(({ status }) =>
    (status?.containerStatuses ?? []).map(({ state }) => Date.parse(state.terminated?.finishedAt ?? '')),
  )
  return Math.max(0, ...ends.filter((end) => !Number.isNaN(end)))
}

interface Outcome {
  readonly succeeded: number
  readonly failed: number
  readonly active: readonly Pod[]
  readonly startTime: string
  readonly end: { type: 'Complete' | 'Failed'; reason: string; message: string } | undefined
}

function write({ objects }: Tools, job: Job, { succeeded, failed, active, startTime, end }: Outcome): void {
  let conditions = job.status?.conditions ?? []
  if (end !== undefined) {
    const { reason, message } = end
    const lastProbeTime = timestamp()
    const before = end.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget'
    conditions = withCondition(conditions, { type: before, status: 'True', reason, message, lastProbeTime })
    conditions = withCondition(conditions, { type: end.type, status: 'True', reason, message, lastProbeTime })
  }
  const status: NonNullable<Job['status']> = {
    startTime,
    ...(active.length > 0 && { active: active.length }),
    ready: active.filter(isReady).length,
    terminating: 0,
    ...(succeeded > 0 && { succeeded }),
    ...(failed > 0 && { failed }),
    uncountedTerminatedPods: {},
    ...(conditions.length > 0 && { conditions }),
    ...(end?.type === 'Complete' && { completionTime: timestamp() }),
  }
  if (canonical(status) === canonical(job.status)) return
  objects.updateStatus(JOB, job, (current) => {
    current.status = status
  })
}
