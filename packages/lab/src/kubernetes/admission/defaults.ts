import { isObject, listAt, objectAt, type JsonObject } from '../json.ts'
import type { Kind } from '../kinds.ts'
import { applySchemaDefaults } from '../schema/custom.ts'
import { schemaOf } from '../schema/schema.ts'
import { defaultPodSpec, fill } from './pod-defaults.ts'

/** Fills in, in place, what the API server would: as much as a client relies on. */
export function applyDefaults(kind: Kind, object: JsonObject): void {
  if (kind.custom) applySchemaDefaults(object, schemaOf(kind))
  if (!isObject(object['spec']) && HAS_SPEC.has(kind.kind)) object['spec'] = {}
  const spec = objectAt(object, 'spec')
  const template = spec['template']
  if (isObject(template)) {
    fill(template, { metadata: {}, spec: {} })
    defaultPodSpec(objectAt(template, 'spec'))
  }
  switch (kind.kind) {
    case 'Pod':
      fill(spec, { serviceAccountName: 'default', enableServiceLinks: true })
      defaultPodSpec(spec)
      break
    case 'Deployment':
      fill(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, strategy: {} })
      defaultStrategy(objectAt(spec, 'strategy'), { maxSurge: '25%', maxUnavailable: '25%' })
      break
    case 'ReplicaSet':
      fill(spec, { replicas: 1 })
      break
    case 'StatefulSet':
      fill(spec, {
        replicas: 1,
        podManagementPolicy: 'OrderedReady',
        revisionHistoryLimit: 10,
        updateStrategy: {},
      })
      defaultStrategy(objectAt(spec, 'updateStrategy'), { partition: 0 })
      break
    case 'DaemonSet':
      fill(spec, { revisionHistoryLimit: 10, updateStrategy: {} })
      defaultStrategy(objectAt(spec, 'updateStrategy'), { maxSurge: 0, maxUnavailable: 1 })
      break
    case 'Job':
      fill(spec, {
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        suspend: false,
        podReplacementPolicy: 'TerminatingOrFailed',
      })
      if (spec['parallelism'] === undefined && spec['completions'] === undefined)
        fill(spec, { completions: 1 })
      fill(spec, { parallelism: 1 })
      break
    case 'Service':
      defaultService(spec)
      break
    case 'HorizontalPodAutoscaler':
      fill(spec, { minReplicas: 1 })
      if (listAt(spec, 'metrics').length === 0) {
        const target = { type: 'Utilization', averageUtilization: 80 }
        spec['metrics'] = [{ type: 'Resource', resource: { name: 'cpu', target } }]
      }
      break
    case 'Secret':
      defaultSecret(object)
      break
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      for (const subject of listAt(object, 'subjects')) {
        if (isObject(subject) && subject['kind'] !== 'ServiceAccount')
          fill(subject, { apiGroup: 'rbac.authorization.k8s.io' })
      }
      break
    case 'NetworkPolicy':
      if (spec['policyTypes'] === undefined)
        spec['policyTypes'] = listAt(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
      break
    default:
      break
  }
}

const HAS_SPEC = new Set([
  'Pod',
  'Service',
  'Deployment',
  'HorizontalPodAutoscaler',
  'Job',
  'NetworkPolicy',
  'Lease',
])

function defaultStrategy(strategy: JsonObject, rolling: JsonObject): void {
  fill(strategy, { type: 'RollingUpdate' })
  if (strategy['type'] !== 'RollingUpdate') return
  fill(strategy, { rollingUpdate: {} })
  fill(objectAt(strategy, 'rollingUpdate'), rolling)
}

function defaultService(spec: JsonObject): void {
  fill(spec, { type: 'ClusterIP', sessionAffinity: 'None' })
  if (spec['sessionAffinity'] === 'ClientIP')
    fill(spec, { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } })
  if (spec['type'] !== 'ExternalName') fill(spec, { internalTrafficPolicy: 'Cluster' })
  for (const port of listAt(spec, 'ports')) {
    if (!isObject(port)) continue
    fill(port, { protocol: 'TCP' })
    if (port['port'] !== undefined) fill(port, { targetPort: port['port'] })
  }
}

/** `stringData` becomes `data`: it is never stored. */
function defaultSecret(secret: JsonObject): void {
  fill(secret, { type: 'Opaque' })
  const plain = Object.entries(objectAt(secret, 'stringData'))
  if (plain.length > 0) {
    const encoded = plain.map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')])
    secret['data'] = { ...objectAt(secret, 'data'), ...(Object.fromEntries(encoded) as JsonObject) }
  }
  delete secret['stringData']
}
