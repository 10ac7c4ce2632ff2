/**
 * Cuts GitHub's OpenAPI description (npm: @octokit/openapi, 13 MB) down to the operations that the embedded GitHub
 * serves, as plain JSON Schema with closed objects, and writes `description.json` beside this file.
 *
 *     npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz
 *     node packages/lab/src/github/openapi/trim.ts package
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OPERATIONS } from './operations.ts'
import type { JsonSchema } from './description.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type JsonObject = { readonly [key: string]: Json }

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const at = (value: Json | undefined, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((inner, key) => (isObject(inner) ? inner[key] : undefined), value)

/** What only people read, and what `plain` turns into something else. */
const DROPPED = new Set([
  'description',
  'example',
  'examples',
  'title',
  'default',
  'deprecated',
  'nullable',
  'discriminator',
  'externalDocs',
])

const folder = process.argv[2]
if (folder === undefined)
  throw new Error('use: node trim.ts FOLDER, where FOLDER is an unpacked @octokit/openapi')
const version = at(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Json, 'version')
const description = JSON.parse(readFileSync(join(folder, 'generated/api.github.com.json'), 'utf8')) as Json
const needed = new Map<string, JsonSchema>()

const resolved = (value: Json | undefined): Json | undefined => {
  const ref = at(value, '$ref')
  return typeof ref === 'string' ? at(description, ...ref.replace('#/', '').split('/')) : value
}

/**
 * OpenAPI 3.0's dialect as JSON Schema: `nullable` becomes a type, references point into our file.
 * @param open an object of `allOf`: other branches name further fields, so it cannot be closed
 */
function plain(schema: Json | undefined, open = false): JsonSchema {
  if (!isObject(schema)) return {}
  const ref = schema['$ref']
  if (typeof ref === 'string') return reference(ref.replace('#/components/schemas/', ''))
  const kept: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(schema)) {
    if (DROPPED.has(key) || key.startsWith('x-')) continue
    if (key === 'properties' && isObject(value)) {
      kept[key] = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]))
    } else if ((key === 'oneOf' || key === 'anyOf' || key === 'allOf') && Array.isArray(value)) {
      // Branches of a union may overlap once numbers and texts are all that tells them apart: anyOf.
      kept[key === 'oneOf' ? 'anyOf' : key] = value.map((inner) => plain(inner, key === 'allOf'))
    } else if ((key === 'items' || key === 'additionalProperties') && isObject(value)) {
      kept[key] = plain(value)
    } else kept[key] = value
  }
  const closes = isObject(schema['properties']) && Object.keys(schema['properties']).length > 0
  if (closes && !open && schema['additionalProperties'] === undefined && schema['allOf'] === undefined) {
    kept['additionalProperties'] = false
  }
  return schema['nullable'] === true ? { anyOf: [kept, { type: 'null' }] } : kept
}

function reference(name: string): JsonSchema {
  if (!needed.has(name)) {
    needed.set(name, {})
    needed.set(name, plain(at(description, 'components', 'schemas', name)))
  }
  return { $ref: `github#/schemas/${name}` }
}

const operations = OPERATIONS.map(({ id, method, path }) => {
  const operation = at(description, 'paths', path, method.toLowerCase())
  if (at(operation, 'operationId') !== id)
    throw new Error(`GitHub's description has no ${method} ${path} called ${id}`)
  const parameters = at(operation, 'parameters')
  const query: Record<string, JsonSchema> = {}
  for (const entry of Array.isArray(parameters) ? parameters : []) {
    const parameter = resolved(entry)
    const name = at(parameter, 'name')
    if (at(parameter, 'in') === 'query' && typeof name === 'string')
      query[name] = plain(at(parameter, 'schema'))
  }
  const body = at(operation, 'requestBody')
  const responses: Record<string, JsonSchema | null> = {}
  for (const [status, entry] of Object.entries(at(operation, 'responses') as JsonObject)) {
    const schema = at(resolved(entry), 'content', 'application/json', 'schema')
    responses[status] = schema === undefined ? null : plain(schema)
  }
  const request = at(body, 'content', 'application/json', 'schema')
  return {
    id,
    method,
    path,
    query,
    ...(request === undefined
      ? {}
      : { request: plain(request), bodyRequired: at(body, 'required') === true }),
    responses,
  }
})

const trimmed = {
  source: `@octokit/openapi ${String(version)}, generated/api.github.com.json`,
  operations,
  schemas: Object.fromEntries([...needed].sort(([a], [b]) => (a < b ? -1 : 1))),
}
const target = join(import.meta.dirname, 'description.json')
writeFileSync(target, `${JSON.stringify(trimmed, null, 1)}\n`)
process.stdout.write(`${target}: ${operations.length} operations, ${needed.size} schemas\n`)
