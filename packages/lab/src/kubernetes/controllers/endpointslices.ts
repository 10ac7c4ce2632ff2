import { suffix } from '../names.ts'
import { canonical } from '../names.ts'
import { portNumber } from '../kubelet/probe.ts'
import { isSidecar } from '../kubelet/status.ts'
import type { Endpoint, EndpointSlice, Pod, Service } from '../objects.ts'
import { includes } from '../selectors.ts'
import { ENDPOINT_SLICE, isKind, POD, SERVICE, type Objects } from '../typed.ts'
import { controllerReference, isControlledBy, ownerOf, type Controller } from './controller.ts'
import { isReady } from './pods.ts'

const SERVICE_NAME = 'kubernetes.io/service-name'
const MANAGER = 'endpointslice-controller.k8s.io'

/** Keeps the EndpointSlices of Services that have a selector. Those without are left to whoever fills them. */
export function endpointSliceController(objects: Objects): Controller {
  return {
    seen: ({ kind, object, previous }, look) => {
      const { namespace, name } = object.metadata
      if (isKind(kind, SERVICE)) look(namespace, name)
      if (isKind(kind, ENDPOINT_SLICE)) {
        const owner = ownerOf(object, 'Service')
        if (owner !== undefined) look(namespace, owner)
      }
      if (!isKind(kind, POD)) return
      for (const { metadata, spec } of objects.list(SERVICE, namespace)) {
        if (spec.selector === undefined) continue
        if (
          includes(spec.selector, object.metadata.labels) ||
          includes(spec.selector, previous?.metadata.labels)
        )
          look(namespace, metadata.name)
      }
    },
    reconcile: ({ namespace, name }) => {
      const service = objects.get(SERVICE, namespace, name)
      const selector = service?.spec.selector
      if (service === undefined || selector === undefined || Object.keys(selector).length === 0) return
      if (service.spec.type === 'ExternalName' || service.metadata.deletionTimestamp !== undefined) return
      const pods = objects
        .list(POD, namespace)
        .filter((pod) => includes(selector, pod.metadata.labels) && isAddressed(pod))
      const wanted = slicesOf(service, pods)
      const existing = objects
        .list(ENDPOINT_SLICE, namespace)
        .filter((slice) => isControlledBy(slice, service))
      for (const content of wanted) {
        const portsOnly = canonical(content.ports)
        const found = existing.find((slice) => canonical(slice.ports) === portsOnly) ?? existing[0]
        if (found === undefined) create(objects, service, content)
        else {
          existing.splice(existing.indexOf(found), 1)
          objects.update(ENDPOINT_SLICE, { ...found, ...content })
        }
      }
      for (const slice of existing) objects.delete(ENDPOINT_SLICE, slice)
    },
  }
}

/** Has an address, and has not ended. A pod that terminates stays in the slices until it is gone. */
function isAddressed({ status }: Pod): boolean {
  return status?.podIP !== undefined && status.phase !== 'Succeeded' && status.phase !== 'Failed'
}

type Content = Pick<EndpointSlice, 'addressType' | 'endpoints' | 'ports'>

/** One slice for each set of port numbers: a named target port may differ from pod to pod. */
function slicesOf({ spec }: Service, pods: readonly Pod[]): readonly Content[] {
  const groups = new Map<string, { ports: EndpointSlice['ports']; endpoints: Endpoint[] }>()
  for (const pod of pods) {
    const { containers, initContainers = [] } = pod.spec
    const sidecars = initContainers.filter(isSidecar)
    const ports = (spec.ports ?? []).flatMap(({ name = '', port, targetPort = port, protocol = 'TCP' }) => {
      const number = portNumber(targetPort, [...containers, ...sidecars])
      return number === undefined ? [] : [{ name, port: number, protocol }]
    })
    const key = canonical(ports)
    const group = groups.get(key) ?? { ports, endpoints: [] }
    groups.set(key, group)
    group.endpoints.push(endpointOf(pod, spec.publishNotReadyAddresses === true))
  }
  if (groups.size === 0) return [{ addressType: 'IPv4', endpoints: null, ports: null }]
  return [...groups.values()].map((group) => ({ addressType: 'IPv4', ...group }))
}

function endpointOf(pod: Pod, publishNotReady: boolean): Endpoint {
  const serving = isReady(pod)
  const terminating = pod.metadata.deletionTimestamp !== undefined
  const { name, namespace = 'default', uid } = pod.metadata
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: {
      ready: publishNotReady || (serving && !terminating),
      serving: publishNotReady || serving,
      terminating,
    },
    ...(pod.spec.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', name, namespace, uid },
  }
}

function create(objects: Objects, service: Service, content: Content): void {
  const { name, namespace = 'default', labels = {} } = service.metadata
  objects.create(ENDPOINT_SLICE, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${suffix()}`,
      generateName: `${name}-`,
      namespace,
      labels: { ...labels, [SERVICE_NAME]: name, 'endpointslice.kubernetes.io/managed-by': MANAGER },
      ownerReferences: [controllerReference(service)],
    },
    ...content,
  })
}
