import type {
  CoreV1Event,
  V1ConfigMap,
  V1Container,
  V1Deployment,
  V1EndpointSlice,
  V1Job,
  V1LabelSelector,
  V1Lease,
  V1NetworkPolicy,
  V1ObjectMeta,
  V1Pod,
  V1PodDisruptionBudget,
  V1PodTemplateSpec,
  V1ReplicaSet,
  V1Secret,
  V1SelfSubjectAccessReview,
  V1Service,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node'
import type { HttpRoute } from './traffic/route-types.ts'

/** An object as it is on the wire: client-node's types, with their `Date`s as the text that JSON has. */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer U)[]
    ? readonly Wire<U>[]
    : T extends object
      ? { readonly [K in keyof T]: Wire<T[K]> }
      : T

export type ObjectMeta = Wire<V1ObjectMeta>
export type LabelSelector = Wire<V1LabelSelector>
export type PodTemplate = Wire<V1PodTemplateSpec>
export type Container = Wire<V1Container>
export type Deployment = Wire<V1Deployment>
export type ReplicaSet = Wire<V1ReplicaSet>
export type Service = Wire<V1Service>
export type Pod = Wire<V1Pod>
export type Event = Wire<CoreV1Event>
export type EndpointSlice = Wire<V1EndpointSlice>
export type Autoscaler = Wire<V2HorizontalPodAutoscaler>
export type DisruptionBudget = Wire<V1PodDisruptionBudget>
export type NetworkPolicy = Wire<V1NetworkPolicy>
export type Job = Wire<V1Job>
export type Lease = Wire<V1Lease>
export type ConfigMap = Wire<V1ConfigMap>
export type Secret = Wire<V1Secret>
export type AccessReview = Wire<V1SelfSubjectAccessReview>
export type Labels = Readonly<Record<string, string>>

/** Any object, as far as every object is alike. */
export interface AnyObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: ObjectMeta
  readonly [field: string]: unknown
}

/** Milliseconds since 1970; 0 where the server has not said it. */
export function createdAt({ metadata }: { readonly metadata?: ObjectMeta }): number {
  return Date.parse(metadata?.creationTimestamp ?? '') || 0
}

/** The kinds we work with, by the name that people know. */
export interface Kinds {
  readonly Deployment: Deployment
  readonly ReplicaSet: ReplicaSet
  readonly Service: Service
  readonly Pod: Pod
  readonly Event: Event
  readonly EndpointSlice: EndpointSlice
  readonly HorizontalPodAutoscaler: Autoscaler
  readonly PodDisruptionBudget: DisruptionBudget
  readonly NetworkPolicy: NetworkPolicy
  readonly Job: Job
  readonly Lease: Lease
  readonly ConfigMap: ConfigMap
  readonly Secret: Secret
  readonly HTTPRoute: HttpRoute
}
export type Kind = keyof Kinds

/** Where the API server has a kind. */
export interface ResourceType {
  /** '' for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
}

export const RESOURCES: Readonly<Record<Kind, ResourceType>> = {
  Deployment: { group: 'apps', version: 'v1', plural: 'deployments' },
  ReplicaSet: { group: 'apps', version: 'v1', plural: 'replicasets' },
  Service: { group: '', version: 'v1', plural: 'services' },
  Pod: { group: '', version: 'v1', plural: 'pods' },
  Event: { group: '', version: 'v1', plural: 'events' },
  EndpointSlice: { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' },
  HorizontalPodAutoscaler: { group: 'autoscaling', version: 'v2', plural: 'horizontalpodautoscalers' },
  PodDisruptionBudget: { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets' },
  NetworkPolicy: { group: 'networking.k8s.io', version: 'v1', plural: 'networkpolicies' },
  Job: { group: 'batch', version: 'v1', plural: 'jobs' },
  Lease: { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' },
  ConfigMap: { group: '', version: 'v1', plural: 'configmaps' },
  Secret: { group: '', version: 'v1', plural: 'secrets' },
  HTTPRoute: { group: 'gateway.networking.k8s.io', version: 'v1', plural: 'httproutes' },
}

export function apiVersionOf(kind: Kind): string {
  const { group, version } = RESOURCES[kind]
  return group === '' ? version : `${group}/${version}`
}
