import { isObject, listAt, objectAt, stringAt, type Json, type JsonObject } from '../json.ts'
import type { Kind } from '../kinds.ts'

/** Whether the client is a person's kubectl that wants columns. */
export function wantsTable(accept: string): boolean {
  return /as=Table/.test(accept)
}

type Cell = (object: JsonObject) => Json

const count = (object: JsonObject, key: string): number => {
  const value = objectAt(object, 'status')[key]
  return typeof value === 'number' ? value : 0
}
const spec = (object: JsonObject, key: string): Json => objectAt(object, 'spec')[key] ?? ''

/** Columns beside the name, as `kubectl get` shows them. */
const COLUMNS: Readonly<Record<string, Readonly<Record<string, Cell>>>> = {
  Deployment: {
    Ready: (object) => `${String(count(object, 'readyReplicas'))}/${String(spec(object, 'replicas'))}`,
    'Up-to-date': (object) => count(object, 'updatedReplicas'),
    Available: (object) => count(object, 'availableReplicas'),
  },
  ReplicaSet: {
    Desired: (object) => spec(object, 'replicas'),
    Current: (object) => count(object, 'replicas'),
    Ready: (object) => count(object, 'readyReplicas'),
  },
  Pod: {
    Ready: (object) => {
      const statuses = listAt(object['status'], 'containerStatuses')
      const ready = statuses.filter((one) => isObject(one) && one['ready'] === true).length
      return `${String(ready)}/${String(listAt(object['spec'], 'containers').length)}`
    },
    Status: podStatus,
    Restarts: (object) =>
      listAt(object['status'], 'containerStatuses').reduce<number>(
        (sum, one) => sum + Number(isObject(one) ? (one['restartCount'] ?? 0) : 0),
        0,
      ),
  },
  Service: {
    Type: (object) => spec(object, 'type'),
    'Cluster-IP': (object) => spec(object, 'clusterIP'),
    'Port(s)': (object) =>
      listAt(object['spec'], 'ports')
        .map((port) => `${String(isObject(port) ? port['port'] : '')}/${stringAt(port, 'protocol') ?? 'TCP'}`)
        .join(','),
  },
  HTTPRoute: { Hostnames: (object) => JSON.stringify(listAt(object['spec'], 'hostnames')) },
  Lease: { Holder: (object) => spec(object, 'holderIdentity') },
  HorizontalPodAutoscaler: {
    Reference: (object) => {
      const target = objectAt(objectAt(object, 'spec'), 'scaleTargetRef')
      return `${String(target['kind'])}/${String(target['name'])}`
    },
    MinPods: (object) => spec(object, 'minReplicas'),
    MaxPods: (object) => spec(object, 'maxReplicas'),
    Replicas: (object) => count(object, 'currentReplicas'),
  },
  Namespace: { Status: (object) => objectAt(object, 'status')['phase'] ?? '' },
  Event: {
    Type: (object) => object['type'] ?? '',
    Reason: (object) => object['reason'] ?? '',
    Object: (object) => {
      const { kind, name } = objectAt(object, 'involvedObject')
      return `${String(kind).toLowerCase()}/${String(name)}`
    },
    Message: (object) => object['message'] ?? '',
  },
}

function podStatus(object: JsonObject): Json {
  if (objectAt(object, 'metadata')['deletionTimestamp'] !== undefined) return 'Terminating'
  const waiting = listAt(object['status'], 'containerStatuses')
    .map((one) => stringAt(objectAt(objectAt(one, 'state'), 'waiting'), 'reason'))
    .find((reason) => reason !== undefined)
  return waiting ?? objectAt(object, 'status')['phase'] ?? 'Pending'
}

/** A list or an object as a Table; anything else (a Status) as it is. */
export function asTable(kind: Kind, body: object): object {
  const document = body as JsonObject
  const isList = document['kind'] === `${kind.kind}List`
  if (!isList && document['kind'] !== kind.kind) return body
  const objects = (isList ? listAt(document, 'items') : [document]).filter(isObject)
  const columns = Object.entries(COLUMNS[kind.kind] ?? {})
  const definition = (name: string, priority = 0): JsonObject => ({
    name,
    type: 'string',
    format: '',
    description: '',
    priority,
  })
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: isList ? document['metadata'] : {},
    columnDefinitions: [
      { ...definition('Name'), format: 'name' },
      ...columns.map(([name]) => definition(name)),
      definition('Age'),
    ],
    rows: objects.map((object) => ({
      cells: [
        objectAt(object, 'metadata')['name'] ?? '',
        ...columns.map(([, cell]) => cell(object)),
        age(object),
      ],
      object: {
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: objectAt(object, 'metadata'),
      },
    })),
  }
}

function age(object: JsonObject): string {
  const created = Date.parse(stringAt(objectAt(object, 'metadata'), 'creationTimestamp') ?? '')
  const seconds = Math.max(0, Math.round((Date.now() - created) / 1000))
  if (seconds < 120) return `${String(seconds)}s`
  return seconds < 7200 ? `${String(Math.floor(seconds / 60))}m` : `${String(Math.floor(seconds / 3600))}h`
}
