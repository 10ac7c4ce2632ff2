import { copyOf, isObject, listAt, objectAt, type Json, type JsonObject } from '../json.ts'
import { KINDS, type Kind } from '../kinds.ts'
import type { KubeObject } from '../store.ts'
import { badRequest, modified } from './status-error.ts'

const SCALED: ReadonlySet<string> = new Set([
  KINDS.Deployment.kind,
  KINDS.ReplicaSet.kind,
  KINDS.StatefulSet.kind,
])

export function hasScale(kind: Kind): boolean {
  return SCALED.has(kind.kind)
}

/** The `scale` subresource of a workload: how many replicas are wanted, and there. Zeros are left out, as the server does. */
export function scaleOf(object: KubeObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const { replicas: wanted, selector } = objectAt(object, 'spec')
  const { replicas } = objectAt(object, 'status')
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion,
      creationTimestamp,
    },
    spec: typeof wanted === 'number' && wanted !== 0 ? { replicas: wanted } : {},
    status: {
      replicas: typeof replicas === 'number' ? replicas : 0,
      selector: selectorText(selector ?? null),
    },
  }
}

/** The workload with the replicas that a Scale asks for. @throws StatusError 409, 400 */
export function withScale(kind: Kind, current: KubeObject, scale: JsonObject): JsonObject {
  const version = objectAt(scale, 'metadata')['resourceVersion']
  if (typeof version === 'string' && version !== '' && version !== current.metadata.resourceVersion) {
    throw modified(kind, current.metadata.name)
  }
  const replicas = objectAt(scale, 'spec')['replicas'] ?? 0
  if (typeof replicas !== 'number') {
    throw badRequest(
      `Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal ${typeof replicas} into Go struct field ScaleSpec.spec.replicas of type int32`,
    )
  }
  const object = copyOf(current) as unknown as JsonObject
  const { managedFields: _managed, ...metadata } = objectAt(object, 'metadata')
  return { ...object, metadata, spec: { ...objectAt(object, 'spec'), replicas } }
}

function selectorText(selector: Json): string {
  const labels = Object.entries(objectAt(selector, 'matchLabels')).map(
    ([key, value]) => `${key}=${String(value)}`,
  )
  const expressions = listAt(selector, 'matchExpressions')
    .filter(isObject)
    .map((one) => {
      const values = listAt(one, 'values').join(',')
      switch (one['operator']) {
        case 'In':
          return `${String(one['key'])} in (${values})`
        case 'NotIn':
          return `${String(one['key'])} notin (${values})`
        case 'Exists':
          return String(one['key'])
        default:
          return `!${String(one['key'])}`
      }
    })
  return [...labels, ...expressions].join(',')
}
