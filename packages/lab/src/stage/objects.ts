import { readFileSync } from 'node:fs'
import { UNTIL_UNROUTED } from '../kubernetes/kubelet/container.ts'

/** A Kubernetes object as a manifest has it. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown }
  readonly [field: string]: unknown
}

export interface AppOptions {
  /** Deployment, and the stem of the other names. */
  readonly name?: string
  readonly version: string
  readonly replicas?: number
  /** Behaviour, as the app's environment: ERROR_RATE, LATENCY_MS, NEVER_READY … */
  readonly env?: Readonly<Record<string, string>>
  /** One of its own, which has the program and knows its version. Default: Node's, with the program mounted. */
  readonly image?: string
  /** The pods' labels and the Deployment's selector. */
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  /** Further containers, before the app's. */
  readonly sidecars?: readonly Readonly<Record<string, unknown>>[]
  readonly podSpec?: Readonly<Record<string, unknown>>
  /** More of the Deployment's own spec: strategy, revisionHistoryLimit … */
  readonly spec?: Readonly<Record<string, unknown>>
  /**
   * How long a pod that must go waits before it is told so, in seconds. Default 2; 0: no preStop hook. `unrouted`, on
   * the embedded cluster alone: until nothing sends requests to it any more.
   */
  readonly preStop?: number | 'unrouted'
}

const APP = new URL('../../apps/shop.cjs', import.meta.url)

/** The app's program, for a ConfigMap. */
export function appSource(name = 'shop'): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${name}-app` },
    data: { 'app.cjs': readFileSync(APP, 'utf8') },
  }
}

/** An ordinary Deployment of the app, that drains, as a careful user would write it. */
export function appDeployment(options: AppOptions): Manifest {
  const { name = 'shop', version, replicas = 2, env = {}, image = 'node:24-alpine', preStop = 2 } = options
  const labels = options.labels ?? { app: name }
  const mounted = image === 'node:24-alpine'
  const own = mounted ? { VERSION: version, PORT: '8080' } : { PORT: '8080' }
  const variables = Object.entries({ ...own, ...env }).map(([key, value]) => ({
    name: key,
    value,
  }))
  const container = {
    name: 'app',
    image,
    imagePullPolicy: 'IfNotPresent',
    ...(mounted ? { command: ['node', '/app/app.cjs'] } : {}),
    env: [...variables, { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 },
    ...lifecycleOf(preStop),
    ...(mounted ? { volumeMounts: [{ name: 'app', mountPath: '/app' }] } : {}),
  }
  const template = {
    metadata: {
      labels: { ...labels },
      ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
    },
    spec: {
      containers: [...(options.sidecars ?? []), container],
      ...(mounted ? { volumes: [{ name: 'app', configMap: { name: `${name}-app` } }] } : {}),
      terminationGracePeriodSeconds: 10,
      ...options.podSpec,
    },
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { ...labels } },
    spec: { replicas, ...options.spec, selector: { matchLabels: { ...labels } }, template },
  }
}

function lifecycleOf(preStop: NonNullable<AppOptions['preStop']>): Readonly<Record<string, unknown>> {
  if (preStop === 0) return {}
  const hook =
    preStop === 'unrouted' ? { exec: { command: [UNTIL_UNROUTED] } } : { sleep: { seconds: preStop } }
  return { lifecycle: { preStop: hook } }
}

export function appService(
  name = 'shop',
  selector: Readonly<Record<string, string>> = { app: name },
): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { ...selector }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  }
}

/** One rule that names the stable Service only. */
export function appRoute(name: string, host: string, service = name): Manifest {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name },
    spec: {
      parentRefs: [{ name: 'gateway' }],
      hostnames: [host],
      rules: [{ backendRefs: [{ name: service, port: 80 }] }],
    },
  }
}

export function gateway(className: string, port: number): Manifest {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'gateway' },
    spec: { gatewayClassName: className, listeners: [{ name: 'http', port, protocol: 'HTTP' }] },
  }
}
