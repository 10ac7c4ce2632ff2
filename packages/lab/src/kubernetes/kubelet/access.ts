import type { Address, LogOptions, Workloads } from '../api/workloads.ts'
import { badRequest } from '../api/status-error.ts'
import type { ContainerStatus, Pod, Service } from '../objects.ts'
import { addressesOf } from '../router/endpoints.ts'
import type { Random } from '../router/random.ts'
import type { KubeObject } from '../store.ts'
import type { Objects } from '../typed.ts'
import type { Kubelet } from './kubelet.ts'
import type { PodNetwork } from './network.ts'

/** How often a followed log is looked at, in milliseconds. */
const FOLLOW_MS = 50

/** The API server's way to the node: logs, and the ports of pods and Services. */
export function workloads(
  objects: Objects,
  kubelet: Kubelet,
  network: PodNetwork,
  random: Random,
): Workloads {
  const reach = (ip: string | undefined, port: number): Address | undefined => {
    const realPort = ip === undefined ? undefined : network.resolve(ip, port)
    return realPort === undefined ? undefined : { host: '127.0.0.1', port: realPort }
  }
  return {
    log: (object, options) => Promise.resolve(logOf(kubelet, object as Pod, options)),
    podAddress: (object: KubeObject, port) => {
      const { spec, status } = object as Pod
      const first = spec.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort
      return Promise.resolve(reach(status?.podIP, port ?? first ?? 80))
    },
    serviceAddress: (object, named) => {
      const service = object as Service
      const ports = service.spec.ports ?? []
      const port =
        named === undefined
          ? ports.length === 1
            ? ports[0]
            : undefined
          : ports.find(({ name, port: number }) => name === named || String(number) === named)
      const ready = port === undefined ? [] : (addressesOf(objects, service, port.port)?.ready ?? [])
      const chosen = ready[Math.floor(random() * ready.length)]
      return Promise.resolve(chosen === undefined ? undefined : reach(chosen.ip, chosen.port))
    },
  }
}

function logOf(kubelet: Kubelet, pod: Pod, options: LogOptions): string | AsyncIterable<string> {
  // Which container is meant, and whether there is such a one, the API server has made out.
  const name = options.container ?? pod.spec.containers[0]?.name ?? ''
  const { tailLines, timestamps, previous, sinceSeconds, limitBytes } = options
  const log = kubelet.log(pod, name, previous)
  if (log === undefined)
    throw badRequest(
      previous
        ? `previous terminated container "${name}" in pod "${pod.metadata.name}" not found`
        : waiting(pod, name),
    )
  const since = sinceSeconds === undefined ? 0 : Date.now() - sinceSeconds * 1000
  const text = log.text({ timestamps, since, ...(tailLines !== undefined && { tailLines }) })
  const cut = limitBytes === undefined ? text : Buffer.from(text).subarray(0, limitBytes).toString()
  return options.follow ? follow(kubelet, pod, name, timestamps, cut) : cut
}

/** What was written, and then what is written until the container's run ends. */
async function* follow(
  kubelet: Kubelet,
  pod: Pod,
  name: string,
  timestamps: boolean,
  first: string,
): AsyncGenerator<string> {
  const log = kubelet.log(pod, name, false)
  let given = log?.text({ timestamps }).length ?? 0
  yield first
  for (;;) {
    const running = kubelet.isRunning(pod, name) && kubelet.log(pod, name, false) === log
    const text = log?.text({ timestamps }) ?? ''
    if (text.length > given) yield text.slice(given)
    given = text.length
    if (!running) return
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS))
  }
}

function waiting({ metadata, status }: Pod, name: string): string {
  const all: ContainerStatus[] = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
  ]
  const reason =
    all.find((container) => container.name === name)?.state.waiting?.reason ?? 'ContainerCreating'
  const pulling = /^(ErrImagePull|ImagePullBackOff)$/.test(reason)
  const why = pulling ? 'trying and failing to pull image' : reason
  return `container "${name}" in pod "${metadata.name}" is waiting to start: ${why}`
}
