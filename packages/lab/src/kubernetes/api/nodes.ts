import type { IncomingMessage, ServerResponse } from 'node:http'
import { isObject, listAt, objectAt, type Json } from '../json.ts'
import { KINDS } from '../kinds.ts'
import type { KubeObject, Store } from '../store.ts'
import { noEndpoints, passOn, splitProxyName } from './proxy.ts'
import type { Done } from './reply.ts'
import type { ApiRequest } from './request.ts'
import { badRequest, notFound, StatusError } from './status-error.ts'
import type { Workloads } from './workloads.ts'

/** `pods/NAME/log`. @throws StatusError */
export async function answerLog(
  store: Store,
  workloads: Workloads | undefined,
  { target, query }: ApiRequest,
  response: ServerResponse,
): Promise<Done> {
  const pod = store.get(KINDS.Pod, target?.namespace, target?.name ?? '')
  if (pod === undefined) throw notFound(KINDS.Pod, target?.name ?? '')
  const names = namesOf(pod, 'containers')
  const container = query.get('container') ?? undefined
  if (container === undefined && names.length > 1) {
    throw badRequest(
      `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names.join(' ')}]`,
    )
  }
  if (container !== undefined && ![...names, ...namesOf(pod, 'initContainers')].includes(container)) {
    throw badRequest(`container ${container} is not valid for pod ${pod.metadata.name}`)
  }
  const number = (key: string): number | undefined => (query.has(key) ? Number(query.get(key)) : undefined)
  const text = await need(workloads).log(pod, {
    container,
    previous: query.get('previous') === 'true',
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    tailLines: number('tailLines'),
    sinceSeconds: number('sinceSeconds'),
    limitBytes: number('limitBytes'),
  })
  response.writeHead(200, { 'content-type': 'text/plain' })
  if (typeof text === 'string') response.write(text)
  else {
    for await (const part of text) {
      if (response.destroyed) break
      response.write(part)
    }
  }
  response.end()
  return { kind: 'streamed', status: 200 }
}

/** `pods/NAME:PORT/proxy/…` and `services/NAME:PORT/proxy/…`. @throws StatusError */
export async function answerProxy(
  store: Store,
  workloads: Workloads | undefined,
  request: ApiRequest,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<Done> {
  const { target } = request
  const { name, port } = splitProxyName(target?.name ?? '')
  const kind = target?.kind?.kind === 'Pod' ? KINDS.Pod : KINDS.Service
  const object = store.get(kind, target?.namespace, name)
  if (object === undefined) throw notFound(kind, name)
  if (kind.kind === 'Service') {
    const address = await need(workloads).serviceAddress(object, port)
    if (address === undefined) throw noEndpoints(name)
    return { kind: 'streamed', status: await passOn(address, request, incoming, response) }
  }
  const address = await need(workloads).podAddress(object, port === undefined ? undefined : Number(port))
  if (address === undefined) {
    const ip = objectAt(object, 'status')['podIP']
    const dialled = `${typeof ip === 'string' ? ip : ''}:${port ?? '80'}`
    const message = `error trying to reach service: dial tcp ${dialled}: connect: connection refused`
    throw new StatusError(503, 'ServiceUnavailable', message)
  }
  return { kind: 'streamed', status: await passOn(address, request, incoming, response) }
}

function namesOf(pod: KubeObject, list: 'containers' | 'initContainers'): string[] {
  return listAt(pod['spec'], list).map((container: Json) =>
    String(isObject(container) ? container['name'] : ''),
  )
}

function need(workloads: Workloads | undefined): Workloads {
  if (workloads === undefined) throw new StatusError(501, 'NotImplemented', 'this API server has no nodes')
  return workloads
}
