import { randomBytes } from 'node:crypto'
import { get } from 'node:http'
import { ROLE, roleRules } from '@release-actions/kubernetes'
import { startKubernetes } from '../kubernetes/index.ts'
import { createAdmin, type Admin } from './admin.ts'
import { inClusterClient } from './in-cluster-client.ts'
import { gateway } from './objects.ts'
import type { Answered, InClusterClient, Stage } from './stage.ts'

/** How to use a real cluster; the gateway must be reachable from this machine. */
export interface ClusterOptions {
  readonly kubeconfig: string
  readonly gatewayClass: string
  readonly gatewayPort: number
  readonly gatewayUrl: string
}

const SERVICE_ACCOUNT = 'release-actions'

/** From the environment: KUBECONFIG and GATEWAY_CLASS, GATEWAY_PORT, GATEWAY_URL (Traefik's defaults). */
export function clusterFromEnv(env: NodeJS.ProcessEnv): ClusterOptions | undefined {
  const kubeconfig = env['KUBECONFIG']
  if (kubeconfig === undefined || kubeconfig === '') return undefined
  return {
    kubeconfig,
    gatewayClass: env['GATEWAY_CLASS'] ?? 'traefik',
    gatewayPort: Number(env['GATEWAY_PORT'] ?? '8000'),
    gatewayUrl: env['GATEWAY_URL'] ?? 'http://127.0.0.1:8000',
  }
}

/** A namespace of its own with a Gateway, on the embedded Kubernetes or, with `cluster`, on a real one. */
export async function openStage(cluster?: ClusterOptions, name = 'scenario'): Promise<Stage> {
  const namespace = `${name}-${randomBytes(3).toString('hex')}`
  if (cluster !== undefined) {
    const admin = await createAdmin(cluster.kubeconfig)
    const stage = await open({
      admin,
      namespace,
      gatewayClass: cluster.gatewayClass,
      gatewayPort: cluster.gatewayPort,
    })
    return {
      ...stage,
      kind: 'cluster',
      embedded: undefined,
      gatewayUrl: cluster.gatewayUrl,
      answers: (host, timeoutMs) => answers(cluster.gatewayUrl, host, timeoutMs),
      settle: '5s',
      drain: '8s',
      kubeconfig: cluster.kubeconfig,
      roleKubeconfig: async () =>
        kubeconfigOf(admin, namespace, await admin.token(namespace, SERVICE_ACCOUNT)),
      inClusterClient: (service, { keepAlive = false } = {}) =>
        inClusterClient(admin, namespace, service, keepAlive),
      [Symbol.asyncDispose]: async () => {
        await admin.deleteNamespace(namespace)
        admin.close()
      },
    }
  }
  const embedded = await startKubernetes()
  const kubeconfig = embedded.kubeconfig()
  const admin = await createAdmin(kubeconfig)
  const stage = await open({ admin, namespace, gatewayClass: 'embedded', gatewayPort: 80 })
  return {
    ...stage,
    kind: 'embedded',
    embedded,
    gatewayUrl: embedded.gatewayUrl,
    answers: (host, timeoutMs) => answers(embedded.gatewayUrl, host, timeoutMs),
    settle: '300ms',
    drain: '500ms',
    kubeconfig,
    roleKubeconfig: () =>
      Promise.resolve(embedded.kubeconfig({ serviceAccount: SERVICE_ACCOUNT, namespace })),
    inClusterClient: async (service, { keepAlive = false } = {}) =>
      embeddedClient(await embedded.serviceUrl(namespace, service, 80), keepAlive),
    [Symbol.asyncDispose]: async () => {
      admin.close()
      await embedded[Symbol.asyncDispose]()
    },
  }
}

type Common = Pick<
  Stage,
  'namespace' | 'apply' | 'applyAs' | 'get' | 'list' | 'patch' | 'remove' | 'rolledOut'
>

async function open(at: {
  admin: Admin
  namespace: string
  gatewayClass: string
  gatewayPort: number
}): Promise<Common> {
  const { admin, namespace } = at
  await admin.createNamespace(namespace)
  await admin.apply(namespace, gateway(at.gatewayClass, at.gatewayPort))
  const rbac = 'rbac.authorization.k8s.io'
  const metadata = { name: SERVICE_ACCOUNT }
  await admin.apply(namespace, { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
  await admin.apply(namespace, { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules: role() })
  await admin.apply(namespace, {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: rbac, kind: 'Role', name: SERVICE_ACCOUNT },
    subjects: [{ kind: 'ServiceAccount', name: SERVICE_ACCOUNT, namespace }],
  })
  return {
    namespace,
    apply: async (...objects) => {
      for (const object of objects) await admin.apply(namespace, object)
    },
    applyAs: (how, object) => admin.applyAs(how, namespace, object),
    get: (kind, name) => admin.get(namespace, kind, name),
    list: (kind) => admin.list(namespace, kind),
    patch: (kind, name, merge) => admin.patch(namespace, kind, name, merge),
    remove: (kind, name) => admin.remove(namespace, kind, name),
    rolledOut: (name, timeoutMs = 60_000) =>
      until(timeoutMs, `Deployment ${name} to be rolled out`, async () => {
        const deployment = await admin.get(namespace, 'Deployment', name)
        return deployment !== undefined && isRolledOut(deployment)
      }),
  }
}

/** The Role that the docs print, whole. */
function role(): readonly object[] {
  const uses = [...new Set(ROLE.map(({ when }) => when))]
  return roleRules(uses).map(({ group, resource, verbs }) => ({
    apiGroups: [group],
    resources: [resource],
    verbs,
  }))
}

function isRolledOut(deployment: { readonly [field: string]: unknown }): boolean {
  const metadata = deployment['metadata'] as { generation?: number }
  const { replicas = 1 } = deployment['spec'] as { replicas?: number }
  const status = (deployment['status'] ?? {}) as Readonly<Record<string, number | undefined>>
  return (
    status['observedGeneration'] === metadata.generation &&
    (status['updatedReplicas'] ?? 0) === replicas &&
    (status['availableReplicas'] ?? 0) === replicas &&
    (status['replicas'] ?? 0) === replicas
  )
}

/** Looks every 50 ms until it holds. */
export async function until(timeoutMs: number, what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`timed out waiting for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function answers(url: string, host: string, timeoutMs = 30_000): Promise<void> {
  return until(timeoutMs, `${host} to answer through the gateway`, () =>
    statusOf(url, host).then(
      (status) => status === 200,
      () => false,
    ),
  )
}

/** node:http, because fetch does not let a client choose its Host header. */
function statusOf(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: { host }, agent: false, timeout: 2000 }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    request.on('error', reject)
    request.on('timeout', () => request.destroy(new Error('no answer')))
  })
}

function kubeconfigOf(admin: Admin, namespace: string, token: string): string {
  const cluster = {
    server: admin.server,
    ...(admin.ca === undefined
      ? {}
      : { 'certificate-authority-data': Buffer.from(admin.ca).toString('base64') }),
  }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster }],
    users: [{ name: SERVICE_ACCOUNT, user: { token } }],
    contexts: [{ name: 'stage', context: { cluster: 'cluster', user: SERVICE_ACCOUNT, namespace } }],
    'current-context': 'stage',
  })
}

/** On the embedded one this machine is inside the cluster. */
function embeddedClient(url: string, keepAlive: boolean): InClusterClient {
  const counts: Record<string, number> = {}
  const last: Record<string, number> = {}
  const why: Record<string, number> = {}
  const timer = setInterval(() => void ask(), 25).unref()
  const count = (what: string): void => {
    counts[what] = (counts[what] ?? 0) + 1
    last[what] = Date.now()
  }
  async function ask(): Promise<void> {
    try {
      const answer = await fetch(url, { headers: { connection: keepAlive ? 'keep-alive' : 'close' } })
      count(answer.headers.get('x-version') ?? `status ${answer.status}`)
    } catch (error) {
      const cause = error instanceof Error ? String(error.cause ?? error.message) : String(error)
      why[cause] = (why[cause] ?? 0) + 1
      count('failed')
    }
  }
  const answered = (): Answered => ({ counts: { ...counts }, last: { ...last }, why: { ...why } })
  return {
    counts: () => Promise.resolve(answered().counts),
    answered: () => Promise.resolve(answered()),
    stop: () => clearInterval(timer),
  }
}
