import type { KubeObject, ObjectMeta } from './store.ts'

/**
 * The parts of Kubernetes objects that the controllers, the kubelet and the router read.
 * Fields that the API server defaults are optional here too: controllers may meet objects written past it.
 */

export interface LabelSelector {
  matchLabels?: Record<string, string>
  matchExpressions?: {
    key: string
    operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
    values?: string[]
  }[]
}

export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason?: string
  message?: string
  lastTransitionTime?: string
  lastUpdateTime?: string
  lastProbeTime?: string | null
  observedGeneration?: number
}

export type IntOrString = number | string

export interface HttpGet {
  path?: string
  port: IntOrString
  httpHeaders?: { name: string; value: string }[]
}
export interface Probe {
  httpGet?: HttpGet
  tcpSocket?: { port: IntOrString }
  initialDelaySeconds?: number
  periodSeconds?: number
  timeoutSeconds?: number
  successThreshold?: number
  failureThreshold?: number
}
export interface KeySelector {
  name: string
  key: string
  optional?: boolean
}
export interface EnvVar {
  name: string
  value?: string
  valueFrom?: {
    fieldRef?: { fieldPath: string }
    configMapKeyRef?: KeySelector
    secretKeyRef?: KeySelector
    resourceFieldRef?: { resource: string }
  }
}
export interface EnvFrom {
  prefix?: string
  configMapRef?: { name: string; optional?: boolean }
  secretRef?: { name: string; optional?: boolean }
}
export interface Container {
  name: string
  image: string
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  command?: string[]
  args?: string[]
  workingDir?: string
  env?: EnvVar[]
  envFrom?: EnvFrom[]
  ports?: { name?: string; containerPort: number; protocol?: string }[]
  resources?: { requests?: Record<string, string | number>; limits?: Record<string, string | number> }
  volumeMounts?: { name: string; mountPath: string; subPath?: string; readOnly?: boolean }[]
  readinessProbe?: Probe
  livenessProbe?: Probe
  startupProbe?: Probe
  /** Of an init container: it keeps running beside the main ones. */
  restartPolicy?: 'Always'
  lifecycle?: { preStop?: Hook }
}
export interface Hook {
  sleep?: { seconds: number }
  httpGet?: HttpGet
  exec?: { command?: string[] }
}
export interface Volume {
  name: string
  configMap?: { name: string; optional?: boolean; items?: { key: string; path: string }[] }
  secret?: { secretName: string; optional?: boolean; items?: { key: string; path: string }[] }
  emptyDir?: object
  downwardAPI?: { items?: { path: string; fieldRef?: { fieldPath: string } }[] }
}
export interface AffinityTerm {
  labelSelector?: LabelSelector
  topologyKey?: string
  namespaces?: string[]
}
export interface PodSpec {
  containers: Container[]
  initContainers?: Container[]
  volumes?: Volume[]
  restartPolicy?: 'Always' | 'OnFailure' | 'Never'
  terminationGracePeriodSeconds?: number
  nodeName?: string
  nodeSelector?: Record<string, string>
  affinity?: { podAntiAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: AffinityTerm[] } }
  readinessGates?: { conditionType: string }[]
  serviceAccountName?: string
}
export interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }
  spec: PodSpec
}

export interface Terminated {
  exitCode: number
  reason: string
  message?: string
  startedAt: string
  finishedAt: string
  containerID: string
}
export interface ContainerState {
  waiting?: { reason: string; message?: string }
  running?: { startedAt: string }
  terminated?: Terminated
}
export interface ContainerStatus {
  name: string
  image: string
  imageID: string
  containerID?: string
  ready: boolean
  started: boolean
  restartCount: number
  state: ContainerState
  lastState: ContainerState
}
export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'
export interface PodStatus {
  phase?: Phase
  reason?: string
  message?: string
  conditions?: Condition[]
  containerStatuses?: ContainerStatus[]
  initContainerStatuses?: ContainerStatus[]
  podIP?: string
  podIPs?: { ip: string }[]
  hostIP?: string
  hostIPs?: { ip: string }[]
  startTime?: string
  qosClass?: string
  observedGeneration?: number
}
export interface Pod extends KubeObject {
  spec: PodSpec
  status?: PodStatus
}

export interface ReplicaSet extends KubeObject {
  spec: { replicas?: number; minReadySeconds?: number; selector: LabelSelector; template: PodTemplate }
  status?: {
    replicas?: number
    fullyLabeledReplicas?: number
    readyReplicas?: number
    availableReplicas?: number
    observedGeneration?: number
    conditions?: Condition[]
  }
}
export interface Deployment extends KubeObject {
  spec: {
    replicas?: number
    minReadySeconds?: number
    paused?: boolean
    progressDeadlineSeconds?: number
    revisionHistoryLimit?: number
    selector: LabelSelector
    strategy?: {
      type?: 'RollingUpdate' | 'Recreate'
      rollingUpdate?: { maxSurge?: IntOrString; maxUnavailable?: IntOrString }
    }
    template: PodTemplate
  }
  status?: {
    replicas?: number
    updatedReplicas?: number
    readyReplicas?: number
    availableReplicas?: number
    unavailableReplicas?: number
    observedGeneration?: number
    collisionCount?: number
    conditions?: Condition[]
  }
}
export interface Job extends KubeObject {
  spec: {
    backoffLimit?: number
    completions?: number
    parallelism?: number
    activeDeadlineSeconds?: number
    suspend?: boolean
    selector?: LabelSelector
    template: PodTemplate
  }
  status?: {
    active?: number
    succeeded?: number
    failed?: number
    ready?: number
    terminating?: number
    startTime?: string
    completionTime?: string
    uncountedTerminatedPods?: object
    conditions?: Condition[]
  }
}

export interface ServicePort {
  name?: string
  port: number
  targetPort?: IntOrString
  protocol?: string
}
export interface Service extends KubeObject {
  spec: {
    type?: string
    clusterIP?: string
    selector?: Record<string, string>
    ports?: ServicePort[]
    publishNotReadyAddresses?: boolean
    sessionAffinity?: 'None' | 'ClientIP'
  }
}
export interface Endpoint {
  addresses: string[]
  conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean }
  nodeName?: string
  targetRef?: { kind: string; namespace?: string; name: string; uid?: string }
}
export interface EndpointSlice extends KubeObject {
  addressType: string
  endpoints: Endpoint[] | null
  ports: { name?: string; port?: number; protocol?: string }[] | null
}

export interface Autoscaler extends KubeObject {
  spec: {
    scaleTargetRef: { apiVersion?: string; kind: string; name: string }
    minReplicas?: number
    maxReplicas: number
    metrics?: {
      type: string
      resource?: { name: string; target: { type: string; averageUtilization?: number } }
    }[]
  }
  status?: {
    observedGeneration?: number
    currentReplicas?: number
    desiredReplicas?: number
    lastScaleTime?: string
    currentMetrics?: unknown
    conditions?: Condition[]
  }
}
export interface DisruptionBudget extends KubeObject {
  spec: { selector?: LabelSelector; minAvailable?: IntOrString; maxUnavailable?: IntOrString }
  status?: object
}
export interface ResourceQuota extends KubeObject {
  spec: { hard?: Record<string, string | number> }
  status?: { hard?: Record<string, string | number>; used?: Record<string, string | number> }
}

export interface HeaderValue {
  name: string
  value: string
}
export interface HeaderChange {
  set?: HeaderValue[]
  add?: HeaderValue[]
  remove?: string[]
}
export interface PathChange {
  type: 'ReplaceFullPath' | 'ReplacePrefixMatch'
  replaceFullPath?: string
  replacePrefixMatch?: string
}
export interface RouteFilter {
  type: string
  requestHeaderModifier?: HeaderChange
  responseHeaderModifier?: HeaderChange
  urlRewrite?: { hostname?: string; path?: PathChange }
  requestRedirect?: {
    scheme?: string
    hostname?: string
    port?: number
    path?: PathChange
    statusCode?: number
  }
}
export interface BackendRef {
  group?: string
  kind?: string
  name: string
  namespace?: string
  port?: number
  weight?: number
  filters?: RouteFilter[]
}
export interface ValueMatch {
  type?: 'Exact' | 'RegularExpression'
  name: string
  value: string
}
export interface RouteMatch {
  path?: { type?: 'Exact' | 'PathPrefix' | 'RegularExpression'; value?: string }
  headers?: ValueMatch[]
  queryParams?: ValueMatch[]
  method?: string
}
export interface RouteRule {
  name?: string
  matches?: RouteMatch[]
  filters?: RouteFilter[]
  backendRefs?: BackendRef[]
}
export interface ParentRef {
  group?: string
  kind?: string
  name: string
  namespace?: string
  sectionName?: string
  port?: number
}
export interface HttpRoute extends KubeObject {
  spec: { parentRefs?: ParentRef[]; hostnames?: string[]; rules?: RouteRule[] }
  status?: { parents?: { parentRef: ParentRef; controllerName: string; conditions: Condition[] }[] }
}
export interface Gateway extends KubeObject {
  spec: {
    gatewayClassName: string
    listeners?: {
      name: string
      port: number
      protocol: string
      hostname?: string
      allowedRoutes?: { namespaces?: { from?: 'All' | 'Same' | 'Selector'; selector?: LabelSelector } }
    }[]
  }
  status?: object
}

/** An object before it is stored: {@link ObjectMeta} without what the store sets. */
export type DraftMeta = Partial<ObjectMeta>
