/** Holds requests and responses against GitHub's own description. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { readDescription, type DescribedOperation, type JsonSchema } from './description.ts'

/** One field that is not as GitHub describes it. */
export interface Mismatch {
  /** A JSON pointer into the body, or `?name` for a query parameter. */
  readonly field: string
  readonly message: string
}

export interface Match {
  readonly operation: DescribedOperation
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>
}

export interface Contract {
  readonly source: string
  match(method: string, path: string): Match | undefined
  /** Refuses fields and query parameters that GitHub's description does not have. */
  checkRequest(operation: DescribedOperation, query: URLSearchParams, body: unknown): readonly Mismatch[]
  /** Statuses that the description leaves out (401, 403, 5xx …) are held against GitHub's basic error. */
  checkResponse(operation: DescribedOperation, status: number, body: unknown): readonly Mismatch[]
}

/** `{path}` and `{ref}` of these take slashes: `contents/a/b.yml`, `git/ref/heads/main`. */
const GREEDY = /^\/repos\/\{owner\}\/\{repo\}\/(?:contents\/\{path\}|git\/ref\/\{ref\})$/

export function contract(): Contract {
  return (shared ??= compiledContract())
}

/** For all servers of a process: it holds no state of theirs, and compiling a schema takes longer than a request. */
let shared: Contract | undefined

function compiledContract(): Contract {
  const { source, operations, schemas } = readDescription()
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    allowUnionTypes: true,
    code: { optimize: false },
  })
  for (const [name, test] of Object.entries(FORMATS)) ajv.addFormat(name, test)
  ajv.addSchema({ $id: 'github', schemas })
  const compiled = new Map<JsonSchema, ValidateFunction>()
  const check = (schema: JsonSchema, value: unknown): readonly Mismatch[] => {
    const validate = compiled.get(schema) ?? ajv.compile(schema)
    compiled.set(schema, validate)
    return validate(value) ? [] : (validate.errors ?? []).map(mismatch)
  }
  const routes = operations.map((operation) => ({ operation, ...pattern(operation.path) }))
  const basicError: JsonSchema = { $ref: 'github#/schemas/basic-error' }

  return {
    source,
    match(method, path) {
      for (const { operation, expression, names } of routes) {
        const found = operation.method === method ? expression.exec(path) : null
        if (found === null) continue
        const params = Object.fromEntries(
          names.map((name, i) => [name, decodeURIComponent(found[i + 1] ?? '')]),
        )
        return { operation, params }
      }
      return undefined
    },
    checkRequest(operation, query, body) {
      const wrong: Mismatch[] = []
      for (const [name, value] of query) {
        const schema = operation.query[name]
        if (schema === undefined)
          wrong.push({ field: `?${name}`, message: 'is not a parameter of this operation' })
        else wrong.push(...check(schema, typed(schema, value)).map((one) => ({ ...one, field: `?${name}` })))
      }
      if (operation.request === undefined) {
        if (body !== undefined) wrong.push({ field: '', message: 'this operation takes no body' })
      } else if (body !== undefined) wrong.push(...check(operation.request, body))
      else if (operation.bodyRequired === true) wrong.push({ field: '', message: 'a body is required' })
      return wrong
    },
    checkResponse(operation, status, body) {
      const described = operation.responses[String(status)]
      if (described === null || (status === 304 && body === undefined)) {
        return body === undefined || status === 409 ? [] : [{ field: '', message: `a ${status} has no body` }]
      }
      if (described !== undefined) return check(described, body)
      if (status >= 400) return check(basicError, body)
      return [{ field: '', message: `${status} is not a status of ${operation.id}` }]
    },
  }
}

function pattern(path: string): { readonly expression: RegExp; readonly names: readonly string[] } {
  const names: string[] = []
  const source = path.replace(/[.]/g, '\\.').replace(/\{(\w+)\}/g, (_, name: string) => {
    names.push(name)
    return GREEDY.test(path) && (name === 'path' || name === 'ref') ? '(.+)' : '([^/]+)'
  })
  return { expression: new RegExp(`^${source}$`), names }
}

/** A query parameter arrives as text; numbers and booleans are described as such. */
function typed(schema: JsonSchema, value: string): unknown {
  const type = schema['type']
  if ((type === 'integer' || type === 'number') && /^-?\d+$/.test(value)) return Number(value)
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}

function mismatch(error: ErrorObject): Mismatch {
  const params = error.params as Readonly<Record<string, unknown>>
  const extra = params['additionalProperty'] ?? params['missingProperty']
  const legal = params['allowedValues']
  const field = typeof extra === 'string' ? `${error.instancePath}/${extra}` : error.instancePath
  const what =
    typeof params['additionalProperty'] === 'string' ? 'is not a field that GitHub knows here' : error.message
  return { field, message: `${what ?? error.keyword}${Array.isArray(legal) ? `: ${legal.join(', ')}` : ''}` }
}

const DATE_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/
const accepted = (): boolean => true

/** GitHub writes "" where it has no address, so that is a URI here. */
const FORMATS = {
  'date-time': (text: string): boolean => DATE_TIME.test(text) && !Number.isNaN(Date.parse(text)),
  uri: (text: string): boolean => text === '' || URL.canParse(text),
  'uri-template': accepted,
  email: (text: string): boolean => text.includes('@'),
  int64: accepted,
  int32: accepted,
  double: accepted,
  ipv4: accepted,
  hostname: accepted,
  timezone: accepted,
}
