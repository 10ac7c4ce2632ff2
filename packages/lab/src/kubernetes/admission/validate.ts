import { invalid, type StatusCause } from '../api/status-error.ts'
import { isObject, listAt, objectAt, stringAt, sameJson, type JsonObject } from '../json.ts'
import type { Kind } from '../kinds.ts'
import { RULES_NOT_CHECKED, validateGateway, validateSchema } from '../schema/custom.ts'
import { schemaOf } from '../schema/schema.ts'
import { invalidValue, keyCauses, labelCauses, nameCauses, required, type NameRule } from './names.ts'
import { podSpecCauses } from './validate-pod.ts'

/**
 * Refuses what the API server would refuse, in its words.
 * @param before the stored object when this is an update
 * @throws StatusError 422 Invalid
 */
export function validate(kind: Kind, object: JsonObject, before: JsonObject | undefined): void {
  const metadata = objectAt(object, 'metadata')
  const name = stringAt(metadata, 'name') ?? ''
  const causes = [
    ...metadataCauses(kind, metadata),
    ...(kind.custom ? customCauses(kind, object) : builtInCauses(kind, object)),
  ]
  if (before !== undefined) causes.push(...immutableCauses(kind, object, before))
  if (causes.length > 0) throw invalid(kind, name, causes)
}

const NAME_RULES: Readonly<Record<string, NameRule>> = { Service: 'label1035', Namespace: 'label' }
/** Names of these are paths, not DNS names. */
const ANY_NAME = new Set(['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'])

function metadataCauses(kind: Kind, metadata: JsonObject): StatusCause[] {
  const name = stringAt(metadata, 'name')
  const generate = stringAt(metadata, 'generateName')
  const rule = NAME_RULES[kind.kind] ?? 'subdomain'
  const causes: StatusCause[] = []
  if (name === undefined && generate === undefined)
    causes.push(required('metadata.name', 'name or generateName is required'))
  else if (name !== undefined && !ANY_NAME.has(kind.kind))
    causes.push(...nameCauses('metadata.name', name, rule))
  else if (name === undefined && generate !== undefined)
    causes.push(...nameCauses('metadata.generateName', `${generate}x`, rule))
  causes.push(...labelCauses('metadata.labels', objectAt(metadata, 'labels')))
  for (const key of Object.keys(objectAt(metadata, 'annotations')))
    causes.push(...keyCauses('metadata.annotations', key.toLowerCase()))
  listAt(metadata, 'ownerReferences').forEach((owner, i) => {
    for (const key of ['apiVersion', 'kind', 'name', 'uid']) {
      if ((stringAt(owner, key) ?? '') === '')
        causes.push(invalidValue(`metadata.ownerReferences[${String(i)}].${key}`, '', 'must not be empty'))
    }
  })
  return causes
}

function customCauses(kind: Kind, object: JsonObject): StatusCause[] {
  const causes = validateSchema(object, schemaOf(kind))
  const stops = causes.some(({ reason }) => reason !== 'FieldValueInvalid')
  return stops ? [...causes, RULES_NOT_CHECKED] : [...causes, ...validateGateway(object)]
}

function builtInCauses(kind: Kind, object: JsonObject): StatusCause[] {
  const spec = objectAt(object, 'spec')
  switch (kind.kind) {
    case 'Pod':
      return podSpecCauses('spec', spec)
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'DaemonSet':
      return workloadCauses(kind, spec)
    case 'Job':
      return jobCauses(spec)
    case 'Service':
      return serviceCauses(spec)
    case 'HorizontalPodAutoscaler':
      return autoscalerCauses(spec)
    case 'Lease':
      return leaseCauses(spec)
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return (stringAt(objectAt(object, 'roleRef'), 'name') ?? '') === '' ? [required('roleRef.name')] : []
    default:
      return []
  }
}

function atLeastZero(field: string, value: unknown): StatusCause[] {
  return typeof value === 'number' && value < 0
    ? [invalidValue(field, value, 'must be greater than or equal to 0')]
    : []
}

function workloadCauses(kind: Kind, spec: JsonObject): StatusCause[] {
  const causes = [
    ...atLeastZero('spec.replicas', spec['replicas']),
    ...atLeastZero('spec.minReadySeconds', spec['minReadySeconds']),
    ...atLeastZero('spec.revisionHistoryLimit', spec['revisionHistoryLimit']),
  ]
  const template = objectAt(spec, 'template')
  const labels = objectAt(objectAt(template, 'metadata'), 'labels')
  const selector = spec['selector']
  if (selector === undefined) causes.push(required('spec.selector'))
  else if (
    isObject(selector) &&
    listAt(selector, 'matchExpressions').length === 0 &&
    Object.keys(objectAt(selector, 'matchLabels')).length === 0
  ) {
    causes.push(
      invalidValue('spec.selector', selector, `empty selector is invalid for ${kind.kind.toLowerCase()}`),
    )
  }
  causes.push(...labelCauses('spec.template.labels', labels))
  const wanted = Object.entries(objectAt(selector, 'matchLabels'))
  const mismatched = selector === undefined || wanted.some(([key, value]) => labels[key] !== value)
  if (mismatched)
    causes.push(
      invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'),
    )
  const pod = objectAt(template, 'spec')
  causes.push(...podSpecCauses('spec.template.spec', pod))
  const policy = pod['restartPolicy']
  if (policy !== 'Always') {
    const message = `Unsupported value: ${JSON.stringify(policy)}: supported values: "Always"`
    causes.push({ reason: 'FieldValueNotSupported', message, field: 'spec.template.spec.restartPolicy' })
  }
  if (kind.kind === 'Deployment') causes.push(...strategyCauses(spec))
  return causes
}

function strategyCauses(spec: JsonObject): StatusCause[] {
  const strategy = objectAt(spec, 'strategy')
  const type = strategy['type']
  if (type !== 'RollingUpdate' && type !== 'Recreate') {
    const message = `Unsupported value: ${JSON.stringify(type)}: supported values: "Recreate", "RollingUpdate"`
    return [{ reason: 'FieldValueNotSupported', message, field: 'spec.strategy.type' }]
  }
  if (type === 'Recreate' && strategy['rollingUpdate'] !== undefined) {
    const message = "Forbidden: may not be specified when strategy `type` is 'Recreate'"
    return [{ reason: 'FieldValueForbidden', message, field: 'spec.strategy.rollingUpdate' }]
  }
  const { maxSurge, maxUnavailable } = objectAt(strategy, 'rollingUpdate')
  const none = (value: unknown): boolean => value === 0 || value === '0%' || value === '0'
  if (none(maxSurge) && none(maxUnavailable)) {
    const field = 'spec.strategy.rollingUpdate.maxUnavailable'
    return [invalidValue(field, maxUnavailable, 'may not be 0 when `maxSurge` is 0')]
  }
  const [progress, ready] = [spec['progressDeadlineSeconds'], spec['minReadySeconds'] ?? 0]
  if (typeof progress === 'number' && typeof ready === 'number' && progress <= ready) {
    return [invalidValue('spec.progressDeadlineSeconds', progress, 'must be greater than minReadySeconds')]
  }
  return []
}

function jobCauses(spec: JsonObject): StatusCause[] {
  const pod = objectAt(objectAt(spec, 'template'), 'spec')
  const causes = podSpecCauses('spec.template.spec', pod)
  if (pod['restartPolicy'] === 'Always') {
    const message = 'Required value: valid values: "OnFailure", "Never"'
    causes.push({ reason: 'FieldValueRequired', message, field: 'spec.template.spec.restartPolicy' })
  }
  return causes
}

function serviceCauses(spec: JsonObject): StatusCause[] {
  const ports = listAt(spec, 'ports')
  const type = spec['type']
  const causes = labelCauses('spec.selector', objectAt(spec, 'selector'))
  if (type === 'ExternalName') {
    if ((stringAt(spec, 'externalName') ?? '') === '') causes.push(required('spec.externalName'))
  } else if (ports.length === 0 && spec['clusterIP'] !== 'None') causes.push(required('spec.ports'))
  const names = new Set<string>()
  ports.forEach((port, i) => {
    const field = `spec.ports[${String(i)}]`
    const name = stringAt(port, 'name') ?? ''
    if (name === '' && ports.length > 1) causes.push(required(`${field}.name`))
    else if (names.has(name))
      causes.push({
        reason: 'FieldValueDuplicate',
        message: `Duplicate value: "${name}"`,
        field: `${field}.name`,
      })
    else if (name !== '') causes.push(...nameCauses(`${field}.name`, name, 'label'))
    names.add(name)
    const number = isObject(port) ? port['port'] : undefined
    if (typeof number !== 'number' || number < 1 || number > 65535) {
      causes.push(invalidValue(`${field}.port`, number ?? 0, 'must be between 1 and 65535, inclusive'))
    }
  })
  return causes
}

function autoscalerCauses(spec: JsonObject): StatusCause[] {
  const { minReplicas: min, maxReplicas: max, scaleTargetRef: target } = spec
  const causes: StatusCause[] = []
  if (typeof min === 'number' && min < 1)
    causes.push(invalidValue('spec.minReplicas', min, 'must be greater than or equal to 1'))
  if (typeof max !== 'number' || max < 1)
    causes.push(invalidValue('spec.maxReplicas', max ?? 0, 'must be greater than 0'))
  else if (typeof min === 'number' && max < min) {
    causes.push(invalidValue('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'))
  }
  for (const key of ['kind', 'name'])
    if ((stringAt(target, key) ?? '') === '') causes.push(required(`spec.scaleTargetRef.${key}`))
  return causes
}

function leaseCauses(spec: JsonObject): StatusCause[] {
  const { leaseDurationSeconds: duration, leaseTransitions: transitions } = spec
  return [
    ...(typeof duration === 'number' && duration <= 0
      ? [invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0')]
      : []),
    ...atLeastZero('spec.leaseTransitions', transitions),
  ]
}

function immutableCauses(kind: Kind, object: JsonObject, before: JsonObject): StatusCause[] {
  const [spec, old] = [objectAt(object, 'spec'), objectAt(before, 'spec')]
  const changed = (field: string, now: unknown, then: unknown): StatusCause[] =>
    sameJson(now, then) ? [] : [invalidValue(field, now, 'field is immutable')]
  switch (kind.kind) {
    case 'Deployment':
    case 'ReplicaSet':
    case 'DaemonSet':
      return changed('spec.selector', spec['selector'], old['selector'])
    case 'Job':
      return [
        ...changed('spec.selector', spec['selector'], old['selector']),
        ...changed('spec.template', spec['template'], old['template']),
      ]
    case 'Service':
      if (
        old['clusterIP'] === undefined ||
        old['type'] !== spec['type'] ||
        spec['clusterIP'] === old['clusterIP']
      )
        return []
      return [invalidValue('spec.clusterIPs[0]', [spec['clusterIP']], 'may not change once set')]
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return sameJson(object['roleRef'], before['roleRef'])
        ? []
        : [invalidValue('roleRef', object['roleRef'], 'cannot change roleRef')]
    case 'ConfigMap':
    case 'Secret':
      if (before['immutable'] !== true || sameJson(object['data'], before['data'])) return []
      return [
        {
          reason: 'FieldValueForbidden',
          message: 'Forbidden: field is immutable when `immutable` is set',
          field: 'data',
        },
      ]
    default:
      return []
  }
}
