import { ReleaseError } from '@release-actions/values'
import type { ReleaseRecord } from './record.ts'

/** The schema that this version writes, and the newest that it reads. */
const RECORD_SCHEMA = 1
const MOST_BYTES = 8192

/**
 * A record as a Deployment's payload. Fields that are undefined are left out.
 * @param unknown fields of a payload that was read before and that this version does not know: kept
 * @throws ReleaseError `invalid-input` above 8 KiB of JSON
 */
export function encodeRecord(
  record: ReleaseRecord,
  unknown: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const payload = { ...unknown, schema: RECORD_SCHEMA, ...record }
  const text = JSON.stringify(payload)
  const bytes = new TextEncoder().encode(text).length
  if (bytes > MOST_BYTES) {
    throw new ReleaseError(
      'invalid-input',
      `the record of this release takes ${bytes} bytes; ${MOST_BYTES} are the most`,
      {
        object: `service ${record.service}`,
        fix: ['shorten the plan, the image or the names'],
      },
    )
  }
  const plain: unknown = JSON.parse(text)
  return isObject(plain) ? plain : {}
}

export type DecodedRecord =
  | {
      readonly kind: 'record'
      readonly record: ReleaseRecord
      readonly unknown: Readonly<Record<string, unknown>>
    }
  /** Written by a newer version: it must not be acted on. */
  | { readonly kind: 'newer'; readonly schema: number }
  /** Not a record of ours, or a damaged one. */
  | { readonly kind: 'unreadable'; readonly reason: string }

/** Reads a payload as GitHub gives it back: an object, JSON text, or JSON text that was encoded twice. */
export function decodeRecord(payload: unknown): DecodedRecord {
  const value = unwrap(payload, 3)
  if (!isObject(value)) return unreadable('the payload is not a JSON object')
  const { schema } = value
  if (typeof schema !== 'number' || !Number.isInteger(schema) || schema < 1)
    return unreadable('the payload has no schema')
  if (schema > RECORD_SCHEMA) return { kind: 'newer', schema }
  try {
    return { kind: 'record', record: readRecord(value), unknown: unknownFields(value) }
  } catch (error) {
    if (error instanceof Malformed) return unreadable(error.message)
    throw error
  }
}

function readRecord(from: Fields): ReleaseRecord {
  const previous = from['previous']
  const target = fields(from, 'target')
  const run = fields(from, 'run')
  const plan = from['plan']
  const template = optionalText(from, 'template')
  return {
    kind: oneOf(from, 'kind', ['release', 'rollback']),
    service: text(from, 'service'),
    version: text(from, 'version'),
    digest: optionalText(from, 'digest'),
    image: text(from, 'image'),
    ...(template === undefined ? {} : { template }),
    strategy: oneOf(from, 'strategy', ['canary', 'bluegreen', 'rollback']),
    ...(plan === undefined ? {} : { plan: numbers(plan) }),
    previous:
      previous === undefined || previous === null ? undefined : readPrevious(fields(from, 'previous')),
    target: {
      cluster: text(target, 'cluster'),
      namespace: text(target, 'namespace'),
      workload: text(target, 'workload'),
      container: text(target, 'container'),
      traffic: text(target, 'traffic'),
    },
    run: { id: number(run, 'id'), attempt: number(run, 'attempt') },
  }
}

function readPrevious(from: Fields): ReleaseRecord['previous'] {
  const deployment = from['deployment']
  return {
    version: text(from, 'version'),
    digest: optionalText(from, 'digest'),
    deployment: typeof deployment === 'number' ? deployment : undefined,
  }
}

const KNOWN: Readonly<Record<keyof ReleaseRecord | 'schema', true>> = {
  schema: true,
  kind: true,
  service: true,
  version: true,
  digest: true,
  image: true,
  template: true,
  strategy: true,
  plan: true,
  previous: true,
  target: true,
  run: true,
}

function unknownFields(value: Fields): Fields {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !Object.hasOwn(KNOWN, name)))
}

type Fields = Readonly<Record<string, unknown>>

class Malformed extends Error {}

function unwrap(value: unknown, times: number): unknown {
  if (typeof value !== 'string' || times === 0) return value
  try {
    return unwrap(JSON.parse(value), times - 1)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function fields(from: Fields, name: string): Fields {
  const value = from[name]
  if (!isObject(value)) throw new Malformed(`its ${name} is not an object`)
  return value
}

function text(from: Fields, name: string): string {
  const value = from[name]
  if (typeof value !== 'string') throw new Malformed(`its ${name} is not text`)
  return value
}

function optionalText(from: Fields, name: string): string | undefined {
  return from[name] === undefined || from[name] === null ? undefined : text(from, name)
}

function number(from: Fields, name: string): number {
  const value = from[name]
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new Malformed(`its ${name} is not a whole number`)
  return value
}

function numbers(value: unknown): readonly number[] {
  if (!Array.isArray(value)) throw new Malformed('its plan is not a list')
  return value.map((entry: unknown) => {
    if (typeof entry !== 'number') throw new Malformed('its plan is not a list of numbers')
    return entry
  })
}

function oneOf<const V extends string>(from: Fields, name: string, values: readonly V[]): V {
  const found = values.find((value) => value === from[name])
  if (found === undefined) throw new Malformed(`its ${name} is none of ${values.join(', ')}`)
  return found
}

function unreadable(reason: string): DecodedRecord {
  return { kind: 'unreadable', reason }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
