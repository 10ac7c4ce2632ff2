import type { Deployment, Pod } from '../objects.ts'
import { isReady } from './revisions.ts'

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number]

const BAD_IMAGE = new Set(['ImagePullBackOff', 'InvalidImageName', 'ImageInspectError', 'ErrImageNeverPull'])
const BAD_CONFIG = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'])
/** A first failed pull may be a hiccup of the registry, unless the registry said this. */
const FINAL = /not found|manifest unknown|does not exist|denied|unauthorized|forbidden|no match for platform/i

/**
 * Why pods are not ready, where time alone will not mend it: a bad image or configuration, a crash loop, a rollout past
 * its deadline, pods that may not be created (quota). One sentence each, the same one once.
 * @param leaving pods are on their way out: a full quota may have room again by itself
 */
export function troubleOf(deployment: Deployment, pods: readonly Pod[], leaving: boolean): readonly string[] {
  const failing = pods.filter((pod) => !isReady(pod) && pod.metadata?.deletionTimestamp === undefined)
  const sentences = [
    ...failing.flatMap((pod) => statusesOf(pod).map((status) => hopeless(pod, status))),
    ...conditionsOf(deployment, leaving),
  ]
  return [...new Set(sentences.filter((sentence) => sentence !== undefined))]
}

function hopeless(pod: Pod, status: ContainerStatus): string | undefined {
  const waiting = status.state?.waiting
  const where = `container ${status.name} of pod ${pod.metadata?.name}`
  const reason = waiting?.reason ?? ''
  const message = waiting?.message === undefined ? '' : `: ${oneLine(waiting.message)}`
  if (BAD_IMAGE.has(reason) || (reason === 'ErrImagePull' && FINAL.test(message))) {
    return `the image ${status.image} cannot be pulled (${reason})${pullMessage(waiting?.message, status.image)}`
  }
  if (BAD_CONFIG.has(reason)) return `${where} cannot start (${reason})${message}`
  if (reason === 'CrashLoopBackOff' && status.restartCount >= 2) {
    return `container ${status.name} crashes again and again (${reason}: ${endOf(status)})`
  }
  return undefined
}

/**
 * Why the registry or the runtime refused: the kubelet wraps it in the image's name, up to four times. The innermost
 * part is what a person needs; it is nothing when the name is all that was said.
 */
function pullMessage(message: string | undefined, image: string): string {
  const whole = (message ?? '').replace(/\s+/g, ' ').trim()
  const inner = (whole.split('": ').at(-1) ?? '').replace(
    /^(?:\S+[/:]\S+: )?rpc error: code = \w+ desc = /,
    '',
  )
  const bare = inner.endsWith('"') || inner === image ? '' : inner.replace(/^\S+(?:@sha256:|:)\S+: /, '')
  return bare === '' || bare.startsWith('Back-off') ? '' : `: ${oneLine(bare)}`
}

function* conditionsOf(deployment: Deployment, leaving: boolean): Generator<string> {
  // Conditions of an older spec say nothing about this one.
  if ((deployment.status?.observedGeneration ?? 0) < (deployment.metadata?.generation ?? 0)) return
  for (const { type, status, reason, message = '' } of deployment.status?.conditions ?? []) {
    const passing = leaving && message.includes('exceeded quota')
    if (type === 'ReplicaFailure' && status === 'True' && !passing) {
      yield `pods of ${deployment.metadata?.name} cannot be created (${reason}): ${oneLine(message)}`
    }
    if (type === 'Progressing' && status === 'False' && reason === 'ProgressDeadlineExceeded') {
      yield `Deployment ${deployment.metadata?.name} made no progress within its progressDeadlineSeconds`
    }
  }
}

export function statusesOf(pod: Pod): readonly ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
}

/** How a container ended the last time: `exit code 1, Error, 4 restarts`. */
export function endOf(status: ContainerStatus): string {
  const ended = status.lastState?.terminated ?? status.state?.terminated
  const code =
    ended === undefined ? undefined : ended.signal ? `signal ${ended.signal}` : `exit code ${ended.exitCode}`
  const restarts = `${status.restartCount} restart${status.restartCount === 1 ? '' : 's'}`
  return [code, ended?.reason, restarts].filter((part) => part !== undefined && part !== '').join(', ')
}

export function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 299)}…` : line
}
