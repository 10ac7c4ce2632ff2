import type { Kind } from '../kinds.ts'
import { valueCauses } from '../admission/names.ts'
import { objectAt } from '../json.ts'
import type { KubeObject } from '../store.ts'
import { badRequest } from './status-error.ts'

export type Predicate = (object: KubeObject) => boolean

/**
 * Reads `labelSelector`: `a=b,c!=d,e in (x,y),f notin (z),g,!h`.
 * @throws StatusError 400
 */
export function parseLabelSelector(text: string): Predicate {
  const requirements = splitOutsideParentheses(text).map(requirement)
  return ({ metadata }) => requirements.every((holds) => holds(metadata.labels ?? {}))
}

type Requirement = (labels: Readonly<Record<string, string>>) => boolean

function requirement(text: string): Requirement {
  const inside = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(text)
  if (inside !== null) {
    const [, key = '', operator, list = ''] = inside
    const values = legal(
      key,
      list.split(',').map((value) => value.trim()),
    )
    if (operator === 'in') return (labels) => labels[key] !== undefined && values.includes(labels[key])
    return (labels) => labels[key] === undefined || !values.includes(labels[key])
  }
  const compared = /^([^\s=!<>]+)\s*(==|=|!=)\s*(\S*)$/.exec(text)
  if (compared !== null) {
    const [, key = '', operator, given = ''] = compared
    const [value = ''] = legal(key, [given])
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value
  }
  const absent = /^!\s*([^\s=!<>()]+)$/.exec(text)?.[1]
  if (absent !== undefined) return (labels) => labels[absent] === undefined
  if (/^[^\s=!<>()]+$/.test(text)) return (labels) => labels[text] !== undefined
  const odd = text.split(/\s+/)[1] ?? text
  throw badRequest(`unable to parse requirement: found '${odd}', expected: in, notin, =, ==, !=, gt, lt`)
}

/** What no label can have as a value is refused, as the API server does: the question is wrong, not its answer empty. */
function legal(key: string, values: readonly string[]): readonly string[] {
  const sorted = [...values].sort()
  const [cause] = sorted.flatMap((value, at) => valueCauses(`values[${String(at)}][${key}]`, value))
  if (cause !== undefined) throw badRequest(`unable to parse requirement: ${cause.field}: ${cause.message}`)
  return values
}

function splitOutsideParentheses(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** Fields beside name and namespace that a kind can be selected by. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'status.phase',
    'status.podIP',
  ],
  Event: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  ReplicaSet: ['status.replicas'],
  Job: ['status.successful'],
  Namespace: ['status.phase'],
  Secret: ['type'],
  Node: ['spec.unschedulable'],
  Service: ['spec.clusterIP', 'spec.type'],
}

/**
 * Reads `fieldSelector`: `metadata.name=web,status.phase!=Running`.
 * @throws StatusError 400 for a field that the kind cannot be selected by
 */
export function parseFieldSelector(kind: Kind, text: string): Predicate {
  const known = ['metadata.name', 'metadata.namespace', ...(FIELDS[kind.kind] ?? [])]
  const tests = splitOutsideParentheses(text).map((part) => {
    const matched = /^([^=!]+?)\s*(==|=|!=)\s*(.*)$/.exec(part)
    if (matched === null) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`)
    const [, field = '', operator, value = ''] = matched
    if (!known.includes(field)) {
      if (kind.kind in FIELDS) throw badRequest(`field label not supported: ${field}`)
      throw badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`)
    }
    return (object: KubeObject): boolean => (fieldText(object, field) === value) === (operator !== '!=')
  })
  return (object) => tests.every((holds) => holds(object))
}

function fieldText(object: KubeObject, field: string): string {
  const [last = '', ...parents] = field.split('.').reverse()
  const within = parents.reverse().reduce<unknown>((at, key) => objectAt(at, key), object)
  const value = (within as Record<string, unknown>)[last]
  return value === undefined || value === null ? '' : String(value as string | number | boolean)
}
