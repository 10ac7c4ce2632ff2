import { runningContainers } from './containers.ts'
import type { Autoscaler, Deployment, PodTemplate, Service } from '../objects.ts'

/** What is known of a workload at the first look. */
export interface FirstLook {
  readonly deployment: Deployment
  /** The template that is going to run. */
  readonly goal: PodTemplate
  /** The Service whose traffic is split. */
  readonly service: Service | undefined
  readonly autoscaler: Autoscaler | undefined
  /** Claims that pods of the goal mount, by name: their access modes, or undefined where we may not look. */
  readonly claims: ReadonlyMap<string, readonly string[] | undefined>
  /** Pods behind one Service, no router. */
  readonly spread: boolean
  /** Default: a canary's. */
  readonly words?: Words
}

/** How a release calls what it does, in sentences that are the same for each. */
export interface Words {
  /** The two that run side by side. */
  readonly both: string
  readonly newcomer: string
  readonly present: string
  /** When the newcomer runs and has no traffic. */
  readonly early: string
  /** When pods leave. */
  readonly leaving: string
  /** What KEDA would undo. */
  readonly undone: string
}

export const CANARY_WORDS: Words = {
  both: 'stable and canary',
  newcomer: 'the canary',
  present: 'the stable',
  early: 'at weight 0',
  leaving: 'while the stable rolls',
  undone: 'the minimum that a release holds',
}

export interface Verdict {
  /** Each with its reason; any of them stops the release before anything is touched. */
  readonly refused: readonly string[]
  /** A sentence each. */
  readonly warnings: readonly string[]
}

/** What cannot be released by canary, and what may surprise. Pure. */
export function judgeWorkload(look: FirstLook): Verdict {
  return {
    refused: [
      ...refusedDeployment(look),
      ...refusedPods(look),
      ...refusedService(look),
      ...refusedAutoscaler(look),
    ],
    warnings: [...warnedDeployment(look), ...warnedPods(look), ...warnedService(look)],
  }
}

function* refusedDeployment({ deployment }: FirstLook): Generator<string> {
  const name = `Deployment ${deployment.metadata?.name}`
  if (deployment.spec?.paused === true)
    yield `${name} is paused: its rollout would never end; resume it first`
  if (deployment.spec?.strategy?.type === 'Recreate') {
    yield `${name} has the strategy Recreate: promoting it would stop all its pods at once; use RollingUpdate`
  }
}

function* refusedPods({ goal, claims, words = CANARY_WORDS }: FirstLook): Generator<string> {
  for (const container of runningContainers(goal.spec)) {
    const port = container.ports?.find((each) => (each.hostPort ?? 0) > 0)
    if (port !== undefined) {
      yield `container ${container.name} has the hostPort ${port.hostPort}: ${words.both} could not share a node`
    }
  }
  if (goal.spec?.hostNetwork === true) yield `the pods use hostNetwork: ${words.both} could not share a node`
  for (const [claim, modes] of claims) {
    const once = modes?.length === 1 && /^ReadWriteOnce/.test(modes[0] ?? '')
    if (once)
      yield `the volume claim ${claim} is ${modes[0]}: ${words.newcomer} could not mount what ${words.present} holds`
  }
}

function* refusedService({ service }: FirstLook): Generator<string> {
  if (service === undefined) return
  const name = `Service ${service.metadata?.name}`
  if (service.spec?.type === 'ExternalName')
    yield `${name} is an ExternalName: it has no pods to split between`
  else if (Object.keys(service.spec?.selector ?? {}).length === 0) {
    yield `${name} has no selector: whoever writes its endpoints decides who gets traffic`
  }
}

function* refusedAutoscaler({ autoscaler, words = CANARY_WORDS }: FirstLook): Generator<string> {
  if (autoscaler === undefined) return
  const owned = autoscaler.metadata?.ownerReferences?.some((owner) => owner.kind === 'ScaledObject') === true
  if (owned || autoscaler.metadata?.labels?.['scaledobject.keda.sh/name'] !== undefined) {
    yield `HorizontalPodAutoscaler ${autoscaler.metadata?.name} belongs to KEDA, which would undo ${words.undone}; pause its ScaledObject (autoscaling.keda.sh/paused: "true") while releasing`
  }
}

function* warnedDeployment({ deployment }: FirstLook): Generator<string> {
  const name = `Deployment ${deployment.metadata?.name}`
  if (deployment.spec?.revisionHistoryLimit === 0) {
    yield `${name} has revisionHistoryLimit 0: a rollback can restore the image, but no other part of the old template`
  }
}

const MESH = ['sidecar.istio.io/inject', 'istio.io/rev', 'linkerd.io/inject', 'kuma.io/sidecar-injection']

function* warnedPods({ goal, claims, words = CANARY_WORDS }: FirstLook): Generator<string> {
  const { containers = [], initContainers = [] } = goal.spec ?? {}
  for (const [claim, modes] of claims) {
    if (modes === undefined)
      yield `the volume claim ${claim} cannot be looked at: if it is ReadWriteOnce, ${words.newcomer} may not start`
  }
  const init = initContainers.filter((each) => each.restartPolicy !== 'Always').map((each) => each.name)
  if (init.length > 0)
    yield `init containers (${init.join(', ')}) run ${words.early} too: one that migrates a database migrates it then`
  const running = runningContainers(goal.spec)
  const serves = running.some((each) => (each.ports ?? []).length > 0)
  if (!serves) {
    yield 'no container names a port: a queue worker or a cron-like pod works from its start, whatever its weight is'
  }
  const marks = { ...goal.metadata?.labels, ...goal.metadata?.annotations }
  const mesh = MESH.find((key) => marks[key] !== undefined)
  if (mesh !== undefined)
    yield `the pods are in a mesh (${mesh}): its policies may treat the labels of ${words.newcomer} differently`
  if (serves && running.every((each) => each.readinessProbe === undefined)) {
    yield 'no readinessProbe: a pod gets traffic as soon as its process starts, and requests fail until it serves'
  }
  const without = containers.filter((each) => each.lifecycle?.preStop === undefined).map((each) => each.name)
  if (without.length === containers.length && containers.length > 0) {
    yield `no preStop hook: clients inside the cluster may see failed requests ${words.leaving}; add to ${without[0]}: lifecycle: {preStop: {sleep: {seconds: 5}}}`
  }
}

function* warnedService({ service, spread }: FirstLook): Generator<string> {
  if (service === undefined) return
  const name = `Service ${service.metadata?.name}`
  const { clusterIP, publishNotReadyAddresses, sessionAffinity, trafficDistribution } = service.spec ?? {}
  if (clusterIP === 'None')
    yield `${name} is headless: clients choose pods by themselves, so shares are not what was set`
  if (publishNotReadyAddresses === true)
    yield `${name} publishes addresses that are not ready: readiness does not keep traffic off a pod`
  if (sessionAffinity === 'ClientIP' && spread)
    yield `${name} has sessionAffinity: clients stay on a pod, so shares are not what was set`
  const topology = service.metadata?.annotations?.['service.kubernetes.io/topology-mode']
  if (spread && (trafficDistribution !== undefined || (topology !== undefined && topology !== 'Disabled'))) {
    yield `${name} routes by topology: shares differ from zone to zone`
  }
}
