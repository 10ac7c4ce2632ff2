import { readFileSync } from 'node:fs'
import http from 'node:http'
import { startCluster, type Cluster, type ClusterOptions } from '../../src/kubernetes/cluster.ts'
import { copyOf } from '../../src/kubernetes/json.ts'
import { KINDS, type KindName } from '../../src/kubernetes/kinds.ts'
import type { Deployment, HttpRoute, Pod, PodSpec } from '../../src/kubernetes/objects.ts'
import { Store, type Draft, type KubeObject } from '../../src/kubernetes/store.ts'

const SHOP = readFileSync(new URL('../../apps/shop.cjs', import.meta.url), 'utf8')
export const NAMESPACE = 'test'

export interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: http.IncomingHttpHeaders
}

/** A cluster with a namespace of its own, in which the shop's script is a ConfigMap. */
export class World implements AsyncDisposable {
  readonly cluster: Cluster
  readonly agent = new http.Agent({ keepAlive: true })

  private constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  static async start(options?: ClusterOptions): Promise<World> {
    const world = new World(await startCluster(new Store(), options))
    world.create('Namespace', { metadata: { name: NAMESPACE } })
    world.configMap('app', { 'app.cjs': SHOP })
    return world
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.agent.destroy()
    await this.cluster[Symbol.asyncDispose]()
  }

  create(kind: KindName, draft: Draft): KubeObject {
    const { metadata, ...rest } = draft
    return this.cluster.store.create(KINDS[kind], {
      metadata: { namespace: NAMESPACE, ...metadata },
      ...rest,
    })
  }

  get<T extends KubeObject = KubeObject>(kind: KindName, name: string): T {
    const found = this.cluster.store.get(KINDS[kind], NAMESPACE, name)
    if (found === undefined) throw new Error(`no ${kind} ${name}`)
    return found as T
  }

  list<T extends KubeObject = KubeObject>(kind: KindName): T[] {
    return this.cluster.store.list(KINDS[kind], NAMESPACE) as T[]
  }

  change<T extends KubeObject>(kind: KindName, name: string, change: (object: T) => void): void {
    const object = copyOf(this.get<T>(kind, name))
    change(object)
    this.cluster.store.update(KINDS[kind], object)
  }

  delete(kind: KindName, name: string, options?: Parameters<Cluster['store']['delete']>[3]): void {
    this.cluster.store.delete(KINDS[kind], NAMESPACE, name, options)
  }

  configMap(name: string, data: Record<string, string>): void {
    this.create('ConfigMap', { metadata: { name }, data })
  }

  /** A pod of one container. */
  pod(name: string, container: Partial<PodSpec['containers'][number]>, spec: Partial<PodSpec> = {}): void {
    const containers = [{ name: 'app', image: 'node:24-alpine', ...container }]
    this.create('Pod', { metadata: { name, labels: { app: name } }, spec: { containers, ...spec } })
  }

  /** A Deployment of the shop. */
  deploy(name: string, env: Record<string, string> = {}, spec: Partial<Deployment['spec']> = {}): void {
    const template = shopTemplate(name, env)
    this.create('Deployment', {
      metadata: { name },
      spec: {
        replicas: 1,
        progressDeadlineSeconds: 600,
        selector: { matchLabels: { app: name } },
        template,
        ...spec,
      },
    })
  }

  service(name: string, selector: Record<string, string> = { app: name }): void {
    this.create('Service', {
      metadata: { name },
      spec: {
        selector,
        clusterIP: `10.96.0.${this.list('Service').length + 10}`,
        ports: [{ port: 80, targetPort: 'http' }],
      },
    })
  }

  gateway(): void {
    this.create('Gateway', {
      metadata: { name: 'gw' },
      spec: { gatewayClassName: 'embedded', listeners: [{ name: 'web', port: 80, protocol: 'HTTP' }] },
    })
  }

  route(name: string, rules: HttpRoute['spec']['rules'], hostnames: string[] = ['shop.example']): void {
    this.create('HTTPRoute', { metadata: { name }, spec: { parentRefs: [{ name: 'gw' }], hostnames, rules } })
  }

  deployment(name: string): Deployment {
    return this.get<Deployment>('Deployment', name)
  }

  pods(app?: string): Pod[] {
    return this.list<Pod>('Pod').filter(
      ({ metadata }) => app === undefined || metadata.labels?.['app'] === app,
    )
  }

  /** A pod of its own, by its name. */
  thePod(name: string): Pod {
    return this.get<Pod>('Pod', name)
  }

  log(pod: Pod, previous = false, container?: string): string {
    return this.cluster.kubelet.log(pod, container, previous)?.text() ?? ''
  }

  events(reason: string): string[] {
    return this.list('Event')
      .filter((event) => event['reason'] === reason)
      .map((event) => String(event['message']))
  }

  async until(what: string, met: () => boolean, timeoutMs = 10_000): Promise<void> {
    for (const end = Date.now() + timeoutMs; !met();) {
      if (Date.now() > end) throw new Error(`timed out: ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  rolledOut(name: string): Promise<void> {
    return this.until(`${name} rolled out`, () => {
      const { spec, status = {}, metadata } = this.deployment(name)
      const { replicas = 0 } = spec
      const current = status.observedGeneration === metadata.generation
      return (
        current &&
        [status.replicas, status.updatedReplicas, status.availableReplicas].every(
          (count) => (count ?? 0) === replicas,
        )
      )
    })
  }

  /** One request; by the gateway unless a URL is given. */
  ask(
    path = '/',
    options: {
      url?: string
      host?: string
      headers?: Record<string, string>
      method?: string
      agent?: http.Agent | false
    } = {},
  ): Promise<Answer> {
    const {
      url = this.cluster.gatewayUrl,
      host = 'shop.example',
      headers = {},
      method = 'GET',
      agent = this.agent,
    } = options
    return new Promise((resolve, reject) => {
      const request = http.request(
        new URL(path, url),
        { method, headers: { host, ...headers }, agent },
        (response) => {
          let body = ''
          response.setEncoding('utf8').on('data', (text: string) => (body += text))
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
          )
          response.on('error', reject)
        },
      )
      request.on('error', reject)
      request.end()
    })
  }

  /** Asks until the answer is that, and gives it. */
  async answers(status: number, path = '/', options: Parameters<World['ask']>[1] = {}): Promise<Answer> {
    for (const end = Date.now() + 5000; ;) {
      const answer = await this.ask(path, options)
      if (answer.status === status) return answer
      if (Date.now() > end) throw new Error(`${path} answers ${answer.status}, not ${status}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

export function shopTemplate(name: string, env: Record<string, string> = {}): Deployment['spec']['template'] {
  const all = { VERSION: '1', DRAIN_MS: '200', ...env }
  return {
    metadata: { labels: { app: name } },
    spec: {
      volumes: [{ name: 'app', configMap: { name: 'app' } }],
      containers: [
        {
          name: 'app',
          image: 'node:24-alpine',
          command: ['node', '/app/app.cjs'],
          env: Object.entries(all).map(([key, value]) => ({ name: key, value })),
          ports: [{ name: 'http', containerPort: 8080 }],
          volumeMounts: [{ name: 'app', mountPath: '/app' }],
          readinessProbe: {
            httpGet: { path: '/healthz', port: 'http' },
            periodSeconds: 1,
            failureThreshold: 1,
          },
        },
      ],
    },
  }
}
