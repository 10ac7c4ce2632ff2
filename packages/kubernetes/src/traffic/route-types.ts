import type { ObjectMeta } from '../objects.ts'

/** Gateway API v1 HTTPRoute, as far as we read it (https://gateway-api.sigs.k8s.io/reference/spec/#httproute). */
export interface HttpRoute {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: ObjectMeta
  readonly spec?: {
    readonly parentRefs?: readonly ParentRef[]
    readonly hostnames?: readonly string[]
    readonly rules?: readonly RouteRule[]
  }
  readonly status?: { readonly parents?: readonly RouteParent[] }
}

export interface ParentRef {
  readonly group?: string
  readonly kind?: string
  readonly namespace?: string
  readonly name: string
  readonly sectionName?: string
  readonly port?: number
}

export interface RouteRule {
  readonly name?: string
  readonly matches?: readonly unknown[]
  readonly filters?: readonly unknown[]
  readonly backendRefs?: readonly BackendRef[]
}

export interface BackendRef {
  /** Default '' (core). */
  readonly group?: string
  /** Default Service. */
  readonly kind?: string
  readonly namespace?: string
  readonly name: string
  readonly port?: number
  /** A share of the sum of its rule's weights. Default 1. */
  readonly weight?: number
  readonly filters?: readonly unknown[]
}

export interface RouteParent {
  readonly parentRef: ParentRef
  readonly controllerName: string
  readonly conditions?: readonly RouteCondition[]
}

export interface RouteCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly observedGeneration?: number
}
