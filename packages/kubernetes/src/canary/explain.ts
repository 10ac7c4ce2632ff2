import { messageOf } from '@release-actions/values'
import type { Client } from '../client.ts'
import type { Deployment, Event, Pod } from '../objects.ts'
import { isReady } from './revisions.ts'
import { endOf, oneLine, statusesOf } from './trouble.ts'

const LINES = 10
/** Pods that fail in the same way are told once; this many ways at most. */
const WAYS = 4

/**
 * The pods' own words, for a person at 3 a.m.: for each way in which pods fail, what Kubernetes says of it, and the
 * last lines that the container wrote. Never throws: what cannot be had is said.
 */
export async function explainPods(
  client: Client,
  deployment: Deployment,
  pods: readonly Pod[],
): Promise<readonly string[]> {
  const failing = pods.filter((pod) => !isReady(pod) && pod.metadata?.deletionTimestamp === undefined)
  const ways = new Map<string, Pod[]>()
  for (const pod of failing) {
    const way = wayOf(pod)
    ways.set(way, [...(ways.get(way) ?? []), pod])
  }
  const told = await Promise.all([...ways.values()].slice(0, WAYS).map((alike) => tell(client, alike)))
  return [...conditions(deployment), ...(await creation(client, deployment, pods)), ...told.flat()]
}

/** Pods that fail alike have the same reasons in the same containers; a pull or a crash comes and goes in phases. */
function wayOf(pod: Pod): string {
  const statuses = statusesOf(pod).map((each) => {
    const reason = each.state?.waiting?.reason
    const pull = reason === 'ErrImagePull' || reason === 'ImagePullBackOff'
    const crash = each.restartCount > 0 && !each.ready
    return `${each.name} ${pull ? 'pull' : crash ? 'crash' : reason} ${each.ready}`
  })
  const scheduled = pod.status?.conditions?.find((each) => each.type === 'PodScheduled')
  return JSON.stringify([pod.status?.phase, scheduled?.reason, statuses])
}

async function tell(client: Client, alike: readonly Pod[]): Promise<readonly string[]> {
  const [pod] = alike
  if (pod === undefined) return []
  const also = alike.length > 1 ? ` (and ${alike.length - 1} more like it)` : ''
  const lines = [`pod ${pod.metadata?.name}${also}: ${stateOf(pod)}`]
  const unready = statusesOf(pod).filter((each) => !each.ready && each.state?.terminated?.exitCode !== 0)
  for (const status of unready) {
    const waiting = status.state?.waiting
    if (waiting?.reason !== undefined && waiting.reason !== 'PodInitializing') {
      const message = waiting.message === undefined ? '' : `: ${oneLine(waiting.message)}`
      lines.push(`  container ${status.name}: ${waiting.reason}${message}`)
    }
    const crashed = status.restartCount > 0 || status.state?.terminated !== undefined
    if (crashed) lines.push(`  container ${status.name}: ended with ${endOf(status)}`)
    const ran = crashed || status.state?.running !== undefined
    if (ran) lines.push(...(await lastWords(client, pod, status.name, status.restartCount > 0)))
  }
  return [...lines, ...(await eventsOf(client, pod))]
}

function stateOf(pod: Pod): string {
  const scheduled = pod.status?.conditions?.find(
    (each) => each.type === 'PodScheduled' && each.status === 'False',
  )
  if (scheduled !== undefined)
    return `${scheduled.reason ?? 'not scheduled'}: ${oneLine(scheduled.message ?? '')}`
  const ready = pod.status?.conditions?.find((each) => each.type === 'Ready')
  const why = [ready?.reason, ready?.message].filter((text) => text !== undefined && text !== '').join(': ')
  return `${pod.status?.phase ?? 'Unknown'}, not ready${why === '' ? '' : ` (${oneLine(why)})`}`
}

async function lastWords(
  client: Client,
  pod: Pod,
  container: string,
  previous: boolean,
): Promise<readonly string[]> {
  const path = `/api/v1/namespaces/${client.namespace}/pods/${pod.metadata?.name}/log`
  const query = { container, tailLines: String(LINES), ...(previous && { previous: 'true' }) }
  try {
    const answer = await client.raw({
      method: 'GET',
      path,
      query,
      timeout: 5_000,
      retry: 'never',
      maxBytes: 1024 * 1024,
    })
    if (answer.status !== 200) return []
    const lines = answer.body.split('\n').filter((line) => line.trim() !== '')
    return lines.slice(-LINES).map((line) => `  | ${line.length > 300 ? `${line.slice(0, 299)}…` : line}`)
  } catch (error) {
    return [`  (no log: ${messageOf(error)})`]
  }
}

/** What the state of the containers does not say already. */
const TELLING =
  /^(Unhealthy|FailedScheduling|FailedMount|FailedAttachVolume|FailedCreatePodSandBox|FailedPostStartHook|NetworkNotReady|Evicted|Preempted)$/

async function eventsOf(client: Client, pod: Pod): Promise<readonly string[]> {
  const unscheduled = pod.status?.conditions?.some(
    (each) => each.type === 'PodScheduled' && each.status === 'False',
  )
  const said = await warnings(client, `involvedObject.kind=Pod,involvedObject.name=${pod.metadata?.name}`)
  return said
    .filter(({ reason }) => TELLING.test(reason) && !(unscheduled === true && reason === 'FailedScheduling'))
    .map(line)
}

/** Why there are fewer pods than wanted: quota and admission show in the ReplicaSet's events only. */
async function creation(
  client: Client,
  deployment: Deployment,
  pods: readonly Pod[],
): Promise<readonly string[]> {
  if (pods.length >= (deployment.spec?.replicas ?? 1)) return []
  const name = deployment.metadata?.name ?? ''
  const all = await warnings(client, 'involvedObject.kind=ReplicaSet,reason=FailedCreate', `${name}-`)
  return all.slice(0, 2).map(line)
}

interface Warning {
  readonly reason: string
  readonly message: string
}

function line({ reason, message }: Warning): string {
  return `  ${reason}: ${message}`
}

/** The newest first, each once. */
async function warnings(client: Client, fields: string, prefix = ''): Promise<readonly Warning[]> {
  try {
    const { items } = await client.list('Event', { fields: `type=Warning,${fields}` })
    const latest = items
      .filter((event) => (event.involvedObject.name ?? '').startsWith(prefix))
      .sort((a, b) => timeOf(b).localeCompare(timeOf(a)))
      .map((event) => ({ reason: event.reason ?? '', message: oneLine(event.message ?? '') }))
    return [...new Map(latest.map((each) => [line(each), each])).values()].slice(0, 8)
  } catch (error) {
    return [{ reason: 'no events', message: messageOf(error) }]
  }
}

function timeOf(event: Event): string {
  return event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? ''
}

function* conditions(deployment: Deployment): Generator<string> {
  for (const { type, status, reason, message = '' } of deployment.status?.conditions ?? []) {
    const bad =
      (type === 'ReplicaFailure' && status === 'True') || (type !== 'ReplicaFailure' && status === 'False')
    if (bad)
      yield `Deployment ${deployment.metadata?.name}: ${type} is ${status} (${reason}): ${oneLine(message)}`
  }
}
