import { jest } from '@jest/globals'
import { systemClock } from '@release-actions/action-kit'
import { createHttp, type Http } from '@release-actions/http'
import { Conflict } from '@release-actions/values'
import { startKubernetes, type EmbeddedKubernetes } from '../../lab/src/kubernetes/index.ts'
import {
  appDeployment,
  appRoute,
  appService,
  appSource,
  gateway,
  type Manifest,
} from '../../lab/src/stage/objects.ts'
import {
  type BlueGreenOptions,
  type CanaryOptions,
  type Client,
  connect,
  createClient,
  type KubernetesBlueGreen,
  type KubernetesCanary,
  openBlueGreen,
  openCanary,
} from '../src/index.ts'
import { type AnyObject, RESOURCES, type ResourceType } from '../src/objects.ts'

// Pods are processes: on a busy machine they take their time.
jest.setTimeout(30_000)

export const NAMESPACE = 'shop'
const MORE: Readonly<Record<string, ResourceType>> = {
  ...RESOURCES,
  Gateway: { group: 'gateway.networking.k8s.io', version: 'v1', plural: 'gateways' },
  ResourceQuota: { group: '', version: 'v1', plural: 'resourcequotas' },
  StatefulSet: { group: 'apps', version: 'v1', plural: 'statefulsets' },
}
export const IMAGE = 'docker.io/library/node:24-alpine'

/** An embedded Kubernetes with the shop in a namespace: Deployment, Service, Gateway and HTTPRoute. */
export class World implements AsyncDisposable {
  readonly kubernetes: EmbeddedKubernetes
  readonly http: Http
  readonly admin: Client
  readonly clock = systemClock()
  readonly #open: { close(): void }[] = []

  private constructor(kubernetes: EmbeddedKubernetes, http: Http, admin: Client) {
    this.kubernetes = kubernetes
    this.http = http
    this.admin = admin
  }

  static async start(objects: readonly Manifest[] = shop()): Promise<World> {
    const kubernetes = await startKubernetes()
    const clock = systemClock()
    const http = createHttp({ clock, random: () => 0 })
    const connection = await connect({ kubeconfig: kubernetes.kubeconfig(), env: {}, clock })
    const admin = createClient({ http, connection, namespace: NAMESPACE, clock })
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }
    await admin.raw({ method: 'POST', path: '/api/v1/namespaces', body: namespace })
    const world = new World(kubernetes, http, admin)
    await world.apply(...objects)
    return world
  }

  async apply(...objects: readonly Manifest[]): Promise<void> {
    for (const object of objects) {
      const type = MORE[object.kind]
      if (type === undefined) throw new Error(`no type for ${object.kind}`)
      const metadata = { ...object.metadata, namespace: NAMESPACE }
      await this.admin.apply(type, { ...object, metadata } as AnyObject, { force: true })
    }
  }

  /** A connection that may do only this much. */
  async roled(name: string, rules: readonly object[]): Promise<NonNullable<CanaryOptions['connection']>> {
    const root = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}`
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name } }
    const subjects = [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }]
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name }
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } }
    for (const [path, body] of [
      [`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, account],
      [`${root}/roles`, { ...rbac, kind: 'Role', rules }],
      [`${root}/rolebindings`, { ...rbac, kind: 'RoleBinding', roleRef, subjects }],
    ] as const) {
      const answer = await this.admin.raw({ method: 'POST', path, body })
      if (answer.status > 299) throw new Error(answer.body)
    }
    const kubeconfig = this.kubernetes.kubeconfig({ serviceAccount: name, namespace: NAMESPACE })
    return connect({ kubeconfig, env: {}, clock: this.clock })
  }

  /** As `kubectl apply --server-side --force-conflicts` of a user. */
  async applyAs(manager: string, object: Manifest): Promise<void> {
    const type = MORE[object.kind]
    if (type === undefined) throw new Error(`no type for ${object.kind}`)
    const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`
    const answer = await this.admin.raw({
      method: 'PATCH',
      path: `${root}/namespaces/${NAMESPACE}/${type.plural}/${object.metadata.name}`,
      query: { fieldManager: manager, force: 'true' },
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: { ...object, metadata: { ...object.metadata, namespace: NAMESPACE } },
    })
    if (answer.status > 299) throw new Error(answer.body)
  }

  /** Opens the release of another version, as one process would. */
  async open(options: Partial<CanaryOptions> = {}): Promise<KubernetesCanary> {
    const connection = await connect({ kubeconfig: this.kubernetes.kubeconfig(), env: {}, clock: this.clock })
    const opened = await openCanary({
      http: this.http,
      clock: this.clock,
      connection,
      namespace: NAMESPACE,
      workload: 'shop',
      traffic: { kind: 'httproute', name: 'shop' },
      image: IMAGE,
      nonce: `n${this.#open.length}`,
      cancelled: undefined,
      cwd: process.cwd(),
      ...options,
    })
    this.#open.push(opened)
    return opened
  }

  /** Opens the blue/green release of another version, as one process would. */
  async openColors(options: Partial<BlueGreenOptions> = {}): Promise<KubernetesBlueGreen> {
    const connection = await connect({ kubeconfig: this.kubernetes.kubeconfig(), env: {}, clock: this.clock })
    const opened = await openBlueGreen({
      http: this.http,
      clock: this.clock,
      connection,
      namespace: NAMESPACE,
      workload: 'shop',
      traffic: { kind: 'service', name: 'shop' },
      image: IMAGE,
      nonce: `n${this.#open.length}`,
      cancelled: undefined,
      cwd: process.cwd(),
      ...options,
    })
    this.#open.push(opened)
    return opened
  }

  /** Takes the claim and stamps everything; as the first moves of a release. */
  async claim(canary: KubernetesCanary, id = 7): Promise<number> {
    await canary.claims.read()
    const { fence } = await canary.claims.take({ id, attempt: 1 })
    await this.stamp(canary, fence)
    return fence
  }

  async stamp(canary: KubernetesCanary, fence: number): Promise<void> {
    for (const object of (await canary.traffic.read()).unstamped) await canary.traffic.stamp(object, fence)
    for (const object of (await canary.cluster.observe()).unstamped) await canary.cluster.stamp(object, fence)
  }

  /** The same for a blue/green release; again after every object that it made. */
  async claimColors(it: KubernetesBlueGreen, id = 7): Promise<number> {
    await it.claims.read()
    const { fence } = await it.claims.take({ id, attempt: 1 })
    for (const object of (await it.switch.read()).unstamped) await it.switch.stamp(object, fence)
    for (const object of (await it.colors.observe()).unstamped) await it.colors.stamp(object, fence)
    return fence
  }

  /** Until no controller has changed the object between the look and the write: a release looks again too. */
  async again<T>(write: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await write()
      } catch (error) {
        if (!(error instanceof Conflict)) throw error
      }
    }
  }

  /** Looks until both say so. */
  async untilColors(
    it: KubernetesBlueGreen,
    holds: (seen: {
      colors: Awaited<ReturnType<KubernetesBlueGreen['colors']['observe']>>
      switch: Awaited<ReturnType<KubernetesBlueGreen['switch']['read']>>
    }) => boolean,
  ): Promise<void> {
    const end = this.clock.now() + 15_000
    for (;;) {
      const [colors, serving] = await Promise.all([it.colors.observe(), it.switch.read()])
      if (holds({ colors, switch: serving })) return
      if (this.clock.now() > end) {
        throw new Error(`not so within 15 s: ${JSON.stringify({ colors, switch: serving })}`)
      }
      await it.colors.changed(1000)
    }
  }

  /** Looks until it is so; the looks are as far apart as the watches say. */
  async until(
    canary: KubernetesCanary,
    holds: (seen: Awaited<ReturnType<KubernetesCanary['cluster']['observe']>>) => boolean,
  ): Promise<Awaited<ReturnType<KubernetesCanary['cluster']['observe']>>> {
    const end = this.clock.now() + 10_000
    for (;;) {
      const seen = await canary.cluster.observe()
      if (holds(seen)) return seen
      if (this.clock.now() > end) throw new Error(`not so within 10 s: ${JSON.stringify(seen)}`)
      await canary.cluster.changed(1000)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#open) each.close()
    this.http.close()
    await this.kubernetes[Symbol.asyncDispose]()
  }
}

/** The shop's objects, as a user has them before the first release. */
export function shop(options: { replicas?: number; route?: Manifest } = {}): readonly Manifest[] {
  return [
    appSource(),
    quick(
      appDeployment({
        version: 'v1',
        replicas: options.replicas ?? 2,
        labels: { app: 'shop', tier: 'web' },
        env: { DRAIN_MS: '0' },
      }),
    ),
    appService(),
    gateway('embedded', 80),
    options.route ?? appRoute('shop', 'shop.test'),
  ]
}

/** Without the preStop sleep that a careful user has: no requests flow in these tests. */
function quick(deployment: Manifest): Manifest {
  const text = JSON.stringify(deployment, (key, value: unknown) => (key === 'lifecycle' ? undefined : value))
  return JSON.parse(text) as Manifest
}
