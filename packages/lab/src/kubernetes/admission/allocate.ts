import { randomUUID } from 'node:crypto'
import { fill } from './pod-defaults.ts'
import { copyOf, isObject, objectAt, type JsonObject } from '../json.ts'
import type { Kind } from '../kinds.ts'

let lastIp = 1

/**
 * What the API server decides by itself when an object is created, after its defaults: a Service's address, a Job's
 * selector, the first status.
 */
export function allocate(kind: Kind, object: JsonObject): void {
  const spec = objectAt(object, 'spec')
  if (kind.hasStatus) {
    delete object['status']
    const first = FIRST_STATUS[kind.kind]
    if (first !== undefined) object['status'] = copyOf(first)
  }
  switch (kind.kind) {
    case 'Service':
      allocateAddress(spec)
      break
    case 'Job':
      allocateSelector(object, spec)
      break
    case 'Namespace': {
      const metadata = objectAt(object, 'metadata')
      metadata['labels'] = {
        ...objectAt(metadata, 'labels'),
        'kubernetes.io/metadata.name': metadata['name'] ?? '',
      }
      object['spec'] = { finalizers: ['kubernetes'] }
      break
    }
    default:
      break
  }
}

const FIRST_STATUS: Readonly<Record<string, JsonObject>> = {
  Pod: { phase: 'Pending', qosClass: 'BestEffort' },
  Deployment: {},
  ReplicaSet: { replicas: 0 },
  StatefulSet: { replicas: 0, availableReplicas: 0 },
  DaemonSet: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  Job: {},
  Service: { loadBalancer: {} },
  Ingress: { loadBalancer: {} },
  Namespace: { phase: 'Active' },
  HorizontalPodAutoscaler: { currentMetrics: null, desiredReplicas: 0 },
  PodDisruptionBudget: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  ResourceQuota: {},
}

function allocateAddress(spec: JsonObject): void {
  if (spec['type'] === 'ExternalName') return
  if (spec['clusterIP'] === undefined) {
    lastIp += 1
    spec['clusterIP'] = `10.96.${String((lastIp >> 8) & 255)}.${String(lastIp & 255)}`
  }
  fill(spec, { clusterIPs: [spec['clusterIP'] ?? ''], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' })
}

/** Each Job selects its own pods by a label that nobody else has. */
function allocateSelector(object: JsonObject, spec: JsonObject): void {
  if (spec['manualSelector'] === true || spec['selector'] !== undefined) return
  const metadata = objectAt(object, 'metadata')
  const owner = randomUUID()
  const labels = {
    'batch.kubernetes.io/controller-uid': owner,
    'batch.kubernetes.io/job-name': metadata['name'] ?? '',
  }
  spec['selector'] = { matchLabels: { 'batch.kubernetes.io/controller-uid': owner } }
  const template = objectAt(spec, 'template')
  fill(template, { metadata: {} })
  const inner = template['metadata']
  if (isObject(inner))
    inner['labels'] = {
      ...objectAt(inner, 'labels'),
      ...labels,
      'controller-uid': owner,
      'job-name': labels['batch.kubernetes.io/job-name'],
    }
}
