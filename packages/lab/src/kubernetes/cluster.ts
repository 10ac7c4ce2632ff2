import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { autoscalerController, Utilizations } from './controllers/autoscaler.ts'
import { budgetController } from './controllers/budget.ts'
import { runControllers, type Tools } from './controllers/controller.ts'
import { deploymentController } from './controllers/deployment.ts'
import { endpointSliceController } from './controllers/endpointslices.ts'
import { EventRecorder } from './controllers/events.ts'
import { garbageController } from './controllers/garbage.ts'
import { jobController } from './controllers/job.ts'
import { quotaController } from './controllers/quota.ts'
import { replicaSetController } from './controllers/replicaset.ts'
import { scheduler } from './controllers/scheduler.ts'
import { Images } from './images.ts'
import { KINDS } from './kinds.ts'
import type { Workloads } from './api/workloads.ts'
import { workloads } from './kubelet/access.ts'
import { Kubelet } from './kubelet/kubelet.ts'
import { PodNetwork } from './kubelet/network.ts'
import { isListed } from './router/endpoints.ts'
import { seeded } from './router/random.ts'
import { Router } from './router/router.ts'
import { ServiceProxy } from './router/service.ts'
import {
  gatewayClassStatusController,
  gatewayStatusController,
  routeStatusController,
} from './router/status.ts'
import type { Store } from './store.ts'
import { Objects } from './typed.ts'

/** The GatewayClass that a new cluster has. */
export const GATEWAY_CLASS_NAME = 'embedded'
const NODE_NAME = 'lab'

export interface ClusterOptions {
  /**
   * The router's throttle in milliseconds: a change of a route or of endpoints is in effect at once after a quiet time,
   * else at most this much later. Default 50; Traefik's is 2000.
   */
  readonly routeThrottle?: number
  /** From a change of endpoints to its effect on new connections through `serviceUrl`, in milliseconds. Default 20. */
  readonly endpointDelay?: number
  /** Probe periods and initial delays are divided by it. Default 10: `periodSeconds: 1` asks every 100 ms. */
  readonly probeDivisor?: number
  /** The first back-off of a crashed container or a failed pull, in milliseconds; it doubles, up to 30 times. Default 100. */
  readonly backOff?: number
  /** What the node has. Default `{cpu: '16', memory: '64Gi', pods: '250'}`. */
  readonly node?: Readonly<Record<'cpu' | 'memory' | 'pods', string>>
  /** Of the router's and the Services' choices. Default 1. */
  readonly seed?: number
}

/** All of a cluster but its API server: the objects, those who act on them, the pods and the ways to the pods. */
export interface Cluster extends AsyncDisposable {
  readonly store: Store
  readonly objects: Objects
  readonly images: Images
  readonly network: PodNetwork
  readonly kubelet: Kubelet
  /** For the API server. */
  readonly workloads: Workloads
  readonly services: ServiceProxy
  readonly utilizations: Utilizations
  readonly gatewayUrl: string
}

/** Starts a cluster on a store, which may have objects. */
export async function startCluster(store: Store, options: ClusterOptions = {}): Promise<Cluster> {
  const { routeThrottle = 50, endpointDelay = 20, probeDivisor = 10, backOff = 100, seed = 1 } = options
  const objects = new Objects(store)
  const images = new Images()
  const network = new PodNetwork()
  const random = seeded(seed)
  const utilizations = new Utilizations()
  // A bug of the lab's ends the test that meets it, as an uncaught exception.
  const onError = (error: unknown): void => {
    queueMicrotask(() => {
      throw error
    })
  }
  const tools: Tools = { objects, events: new EventRecorder(objects), onError }
  const folder = await mkdtemp(path.join(tmpdir(), 'release-actions-lab-'))
  const services = new ServiceProxy({ objects, network, delayMs: endpointDelay, random })
  const router = new Router({ objects, network, throttleMs: routeThrottle, random })
  const kubelet = new Kubelet({
    ...tools,
    images,
    network,
    folder,
    timing: { probeDivisor, backOffMs: backOff },
    resolve: (pod, question) => services.resolve(pod.metadata.namespace ?? 'default', question),
    isRouted: (ip) => isListed(objects, ip) || router.sendsTo(ip) || services.sendsTo(ip),
  })
  const stop = runControllers(tools, [
    deploymentController(tools),
    replicaSetController(tools),
    scheduler(tools),
    endpointSliceController(objects),
    jobController(tools),
    autoscalerController(tools, utilizations),
    budgetController(objects),
    quotaController(objects),
    garbageController(store),
    routeStatusController(objects),
    gatewayStatusController(objects),
    gatewayClassStatusController(objects),
  ])
  furnish(objects, options.node ?? { cpu: '16', memory: '64Gi', pods: '250' })
  const gatewayUrl = await router.listen()
  return {
    store,
    objects,
    images,
    network,
    kubelet,
    workloads: workloads(objects, kubelet, network, random),
    services,
    utilizations,
    gatewayUrl,
    async [Symbol.asyncDispose]() {
      stop()
      await Promise.all([
        kubelet[Symbol.asyncDispose](),
        router[Symbol.asyncDispose](),
        services[Symbol.asyncDispose](),
      ])
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** What a new cluster has: a node and a GatewayClass. */
function furnish({ store }: Objects, capacity: Readonly<Record<'cpu' | 'memory' | 'pods', string>>): void {
  store.create(KINDS.Node, {
    metadata: {
      name: NODE_NAME,
      labels: { 'kubernetes.io/hostname': NODE_NAME, 'kubernetes.io/os': 'linux' },
    },
    spec: {},
    status: {
      capacity,
      allocatable: capacity,
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
    },
  })
  store.create(KINDS.GatewayClass, {
    metadata: { name: GATEWAY_CLASS_NAME },
    spec: { controllerName: 'release-actions.dev/lab-gateway' },
  })
}
