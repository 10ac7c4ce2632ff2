/**
 * Writes schemas.json: the fields of the kinds we serve, from a real API server's own OpenAPI documents.
 * Run once for a new Kubernetes or Gateway API version, with a kubectl that reaches a cluster:
 *
 *     node packages/lab/src/kubernetes/schema/generate.ts
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { ALL_KINDS, apiVersionOf } from '../kinds.ts'
import type { Schema, SchemaNode, Schemas } from './schema.ts'

type Json = Record<string, unknown>

const definitions: Record<string, SchemaNode> = {}
const kinds: Record<string, SchemaNode> = {}
let components: Record<string, Json> = {}

for (const path of [
  ...new Set([...ALL_KINDS.map((kind) => apiVersionOf(kind)), 'autoscaling/v1', 'authorization.k8s.io/v1']),
]) {
  if (path.startsWith('keda.sh/')) continue
  const raw = execFileSync(
    'kubectl',
    ['get', '--raw', `/openapi/v3/${path.includes('/') ? 'apis' : 'api'}/${path}`],
    {
      maxBuffer: 64 << 20,
    },
  )
  components = (JSON.parse(raw.toString()) as { components: { schemas: Record<string, Json> } }).components
    .schemas
  for (const [name, schema] of Object.entries(components)) {
    for (const gvk of (schema['x-kubernetes-group-version-kind'] ?? []) as {
      group: string
      version: string
      kind: string
    }[]) {
      const wanted =
        apiVersionOf(gvk) === path &&
        (ALL_KINDS.some((kind) => kind.kind === gvk.kind) ||
          ['Scale', 'SelfSubjectAccessReview', 'SelfSubjectRulesReview'].includes(gvk.kind))
      if (wanted) kinds[`${path}/${gvk.kind}`] = convert(schema, name)
    }
  }
}

/** Named definitions are kept once and referred to; metadata is the same for all. */
function reference(name: string): SchemaNode {
  const short = name.replace(/^io\.k8s\.(api|apimachinery\.pkg\.(apis|api|util))\./, '')
  if (short === 'meta.v1.Time') return 'time'
  if (short === 'meta.v1.MicroTime') return 'microtime'
  if (short === 'intstr.IntOrString' || short === 'resource.Quantity' || short === 'meta.v1.FieldsV1')
    return 'any'
  if (definitions[short] === undefined) {
    definitions[short] = 'any'
    const schema = components[name]
    if (schema === undefined) throw new Error(`no schema ${name}`)
    definitions[short] = convert(schema, name)
  }
  return `#${short}`
}

function convert(source: Json, within: string): SchemaNode {
  const ref = source['$ref'] ?? ((source['allOf'] ?? []) as Json[])[0]?.['$ref']
  if (typeof ref === 'string') return withList(reference(ref.replace('#/components/schemas/', '')), source)
  const { properties, items, additionalProperties } = source as {
    properties?: Record<string, Json>
    items?: Json
    additionalProperties?: Json
  }
  const type = source['type']
  const schema: Schema = {}
  if (properties !== undefined) {
    schema.properties = Object.fromEntries(
      Object.entries(properties).map(([key, value]) => [key, convert(value, within)]),
    )
    if (Array.isArray(source['required'])) schema.required = source['required'] as string[]
  } else if (type === 'array') {
    schema.items = convert(items ?? {}, within)
  } else if (typeof additionalProperties === 'object') {
    schema.values = convert(additionalProperties, within)
  } else if (type === 'string' || type === 'integer' || type === 'number' || type === 'boolean') {
    schema.type = type
  } else {
    return 'any'
  }
  if (source['x-kubernetes-map-type'] === 'atomic') schema.atomic = true
  // A built-in type's OpenAPI default is the Go zero value; a CRD's is the API server's to apply.
  if (within.includes('gateway') || within.includes('networking.gateway')) {
    for (const key of [
      'default',
      'enum',
      'pattern',
      'minimum',
      'maximum',
      'minLength',
      'maxLength',
      'minItems',
      'maxItems',
    ] as const) {
      if (source[key] !== undefined) Object.assign(schema, { [key]: source[key] })
    }
  }
  return withList(schema, source)
}

function withList(node: SchemaNode, source: Json): SchemaNode {
  const extra: Schema = {}
  if (source['x-kubernetes-list-type'] === 'map')
    extra.keys = source['x-kubernetes-list-map-keys'] as string[]
  if (source['x-kubernetes-list-type'] === 'set') extra.set = true
  if (source['x-kubernetes-patch-merge-key'] !== undefined)
    extra.mergeKey = source['x-kubernetes-patch-merge-key'] as string
  const strategies = ((source['x-kubernetes-patch-strategy'] as string | undefined) ?? '').split(',')
  if (strategies.includes('merge')) extra.merge = true
  if (strategies.includes('retainKeys')) extra.retainKeys = true
  if (source['x-kubernetes-map-type'] === 'atomic') extra.atomic = true
  if (Object.keys(extra).length === 0)
    return typeof node === 'object' && Object.keys(node).join() === 'type' && node.type ? node.type : node
  return typeof node === 'string' ? { ref: node, ...extra } : { ...node, ...extra }
}

const schemas: Schemas = { kinds, definitions }
writeFileSync(new URL('schemas.json', import.meta.url), `${JSON.stringify(schemas)}\n`)
