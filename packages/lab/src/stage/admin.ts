import { connect, createClient, type Client } from '@release-actions/kubernetes'
import { createHttp } from '@release-actions/http'
import { systemClock } from '@release-actions/action-kit'
import { clientSidePatch, withLastApplied, type Applying } from './client-side-apply.ts'
import type { Manifest } from './objects.ts'

/** The kinds that scenarios set up, with their paths. */
const TYPES: Readonly<
  Record<string, { readonly group: string; readonly version: string; readonly plural: string }>
> = {
  ConfigMap: { group: '', version: 'v1', plural: 'configmaps' },
  Deployment: { group: 'apps', version: 'v1', plural: 'deployments' },
  EndpointSlice: { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' },
  Event: { group: '', version: 'v1', plural: 'events' },
  Gateway: { group: 'gateway.networking.k8s.io', version: 'v1', plural: 'gateways' },
  HTTPRoute: { group: 'gateway.networking.k8s.io', version: 'v1', plural: 'httproutes' },
  HorizontalPodAutoscaler: { group: 'autoscaling', version: 'v2', plural: 'horizontalpodautoscalers' },
  Job: { group: 'batch', version: 'v1', plural: 'jobs' },
  Lease: { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' },
  NetworkPolicy: { group: 'networking.k8s.io', version: 'v1', plural: 'networkpolicies' },
  Pod: { group: '', version: 'v1', plural: 'pods' },
  PersistentVolumeClaim: { group: '', version: 'v1', plural: 'persistentvolumeclaims' },
  PodDisruptionBudget: { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets' },
  ReplicaSet: { group: 'apps', version: 'v1', plural: 'replicasets' },
  ResourceQuota: { group: '', version: 'v1', plural: 'resourcequotas' },
  Role: { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'roles' },
  RoleBinding: { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'rolebindings' },
  Secret: { group: '', version: 'v1', plural: 'secrets' },
  Service: { group: '', version: 'v1', plural: 'services' },
  StatefulSet: { group: 'apps', version: 'v1', plural: 'statefulsets' },
  ServiceAccount: { group: '', version: 'v1', plural: 'serviceaccounts' },
}

/** The administrator of a stage: sets scenarios up and looks at what became of them. */
export interface Admin {
  readonly server: string
  readonly ca: string | undefined
  apply(namespace: string, object: Manifest): Promise<void>
  /** As `kubectl apply` does. @returns undefined, or what the API server refused it with */
  applyAs(how: Applying, namespace: string, object: Manifest): Promise<string | undefined>
  get(namespace: string, kind: string, name: string): Promise<Manifest | undefined>
  list(namespace: string, kind: string): Promise<readonly Manifest[]>
  patch(namespace: string, kind: string, name: string, merge: unknown): Promise<void>
  remove(namespace: string, kind: string, name: string): Promise<void>
  createNamespace(name: string): Promise<void>
  deleteNamespace(name: string): Promise<void>
  /** A token of a ServiceAccount, for an hour (TokenRequest). */
  token(namespace: string, serviceAccount: string): Promise<string>
  /** GET through the pod proxy. */
  pod(namespace: string, pod: string, port: number, path: string): Promise<string>
  close(): void
}

export async function createAdmin(kubeconfig: string): Promise<Admin> {
  const clock = systemClock()
  const http = createHttp({ clock })
  const connection = await connect({ kubeconfig, env: process.env, clock })
  const client: Client = createClient({ http, connection, namespace: 'default', clock })
  const { tls } = await connection.access()

  async function send(
    method: string,
    path: string,
    body?: unknown,
    type = 'application/json',
    query?: Readonly<Record<string, string>>,
  ): Promise<{ status: number; body: string }> {
    const answer = await client.raw({
      method,
      path,
      headers: { 'content-type': type },
      ...(body === undefined ? {} : { body }),
      ...(query === undefined ? {} : { query }),
    })
    return { status: answer.status, body: answer.body }
  }

  async function must(
    method: string,
    path: string,
    body?: unknown,
    type?: string,
    query?: Readonly<Record<string, string>>,
  ): Promise<unknown> {
    const answer = await send(method, path, body, type, query)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`)
    return JSON.parse(answer.body)
  }

  async function applyAs(
    how: Applying,
    namespace: string,
    object: Manifest,
  ): Promise<{ status: number; body: string }> {
    const whole = { ...object, metadata: { ...object.metadata, namespace } }
    const path = pathOf(namespace, object.kind, object.metadata.name)
    if (how !== 'client') {
      const force = how === 'forced' ? { force: 'true' } : {}
      return send('PATCH', path, whole, 'application/apply-patch+yaml', { fieldManager: 'kubectl', ...force })
    }
    const query = { fieldManager: 'kubectl-client-side-apply' }
    const now = await send('GET', path)
    if (now.status === 404)
      return send('POST', pathOf(namespace, object.kind), withLastApplied(whole), undefined, query)
    // Custom resources have no strategic merge.
    const kind = object.apiVersion.includes('gateway') ? 'merge' : 'strategic-merge'
    const patch = clientSidePatch(asManifest(JSON.parse(now.body)), whole)
    return send('PATCH', path, patch, `application/${kind}-patch+json`, query)
  }

  return {
    server: connection.server,
    ca: tls.ca,
    apply: async (namespace, object) => {
      const whole = { ...object, metadata: { ...object.metadata, namespace } }
      await must(
        'PATCH',
        pathOf(namespace, object.kind, object.metadata.name),
        whole,
        'application/apply-patch+yaml',
        { fieldManager: 'a-user', force: 'true' },
      )
    },
    applyAs: async (how, namespace, object) => {
      const answer = await applyAs(how, namespace, object)
      return answer.status < 300 ? undefined : answer.body
    },
    get: async (namespace, kind, name) => {
      const answer = await send('GET', pathOf(namespace, kind, name))
      if (answer.status === 404) return undefined
      if (answer.status >= 300) throw new Error(`${kind} ${name}: ${answer.status} ${answer.body}`)
      return asManifest(JSON.parse(answer.body))
    },
    list: async (namespace, kind) => {
      const list = (await must('GET', pathOf(namespace, kind))) as { items?: unknown[] }
      return (list.items ?? []).map(asManifest)
    },
    patch: async (namespace, kind, name, merge) => {
      await must('PATCH', pathOf(namespace, kind, name), merge, 'application/merge-patch+json')
    },
    remove: async (namespace, kind, name) => {
      await must('DELETE', pathOf(namespace, kind, name))
    },
    createNamespace: async (name) => {
      await must('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    },
    deleteNamespace: async (name) => {
      await send('DELETE', `/api/v1/namespaces/${name}`)
    },
    token: async (namespace, serviceAccount) => {
      const review = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 3600 },
      }
      const made = (await must(
        'POST',
        `${pathOf(namespace, 'ServiceAccount', serviceAccount)}/token`,
        review,
      )) as { status: { token: string } }
      return made.status.token
    },
    pod: async (namespace, pod, port, path) => {
      const answer = await send('GET', `/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy${path}`)
      if (answer.status >= 300) throw new Error(`pod ${pod}: ${answer.status} ${answer.body}`)
      return answer.body
    },
    close: () => http.close(),
  }
}

function pathOf(namespace: string, kind: string, name?: string): string {
  const type = TYPES[kind]
  if (type === undefined) throw new Error(`the stage does not know the kind ${kind}`)
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`
  return `${root}/namespaces/${namespace}/${type.plural}${name === undefined ? '' : `/${name}`}`
}

function asManifest(value: unknown): Manifest {
  if (typeof value !== 'object' || value === null || !('metadata' in value))
    throw new Error('not a Kubernetes object')
  return value as Manifest
}
