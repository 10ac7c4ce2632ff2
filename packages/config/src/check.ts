import type { Path } from '@release-actions/judge'
import { nearest } from '@release-actions/values'
import * as z from 'zod/mini'
import type { Problem } from './problem.ts'
import { schema, type RawConfig } from './schema.ts'

type Issue = z.core.$ZodIssue

/** The data as the schema has it, or every mistake in it. */
export function check(data: unknown): RawConfig | readonly Problem[] {
  const result = z.safeParse(schema, data)
  if (result.success) return result.data
  return result.error.issues.flatMap((issue) => problemsOf(issue, [], data))
}

export function isMistaken(checked: RawConfig | readonly Problem[]): checked is readonly Problem[] {
  return Array.isArray(checked)
}

/** @param at where the issue's own path begins */
function problemsOf(issue: Issue, at: Path, data: unknown): readonly Problem[] {
  const path: Path = [...at, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))]
  const value = valueAt(data, path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        value: key,
        legal: knownKey(key, keysAt(schema, path, data)),
      }))
    case 'invalid_key':
      return [{ path, value: path.at(-1), legal: issue.issues[0]?.message ?? issue.message }]
    case 'invalid_union': {
      // Of the alternatives, the one of the value's own kind knows best what is wrong inside it.
      const inner = issue.errors.find((errors) => errors.length > 0 && !errors.some(isOfAnotherKind))
      if (inner !== undefined) return inner.flatMap((one) => problemsOf(one, path, data))
      return [{ path, value, legal: issue.message }]
    }
    default:
      return [{ path, value, legal: issue.message }]
  }
}

/** The value is a list where a mapping is meant, and the like. */
function isOfAnotherKind({ code, path }: Issue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value')
}

/** `workload? Known keys are …` */
function knownKey(typed: string, known: readonly string[]): string {
  const close = nearest(typed, known)
  return close === undefined
    ? `one of the keys ${known.join(', ')}`
    : `${close}? Known keys are ${known.join(', ')}`
}

function keysAt(from: z.core.$ZodType, path: Path, data: unknown): readonly string[] {
  const found = path.reduce<{ schema: z.core.$ZodType | undefined; data: unknown }>(
    (here, part) => ({
      schema: here.schema === undefined ? undefined : inside(here.schema, part, here.data),
      data: valueAt(here.data, [part]),
    }),
    { schema: from, data },
  )
  const def = found.schema === undefined ? undefined : definitionOf(found.schema, found.data)
  return def?.type === 'object' ? Object.keys(def.shape) : []
}

function inside(from: z.core.$ZodType, part: string | number, data: unknown): z.core.$ZodType | undefined {
  const def = definitionOf(from, data)
  switch (def.type) {
    case 'object':
      return def.shape[String(part)]
    case 'record':
      return def.valueType
    case 'array':
      return def.element
    default:
      return undefined
  }
}

/** What stands behind `optional`, and of a union the alternative that is a mapping like the value. */
function definitionOf(from: z.core.$ZodType, data: unknown): z.core.$ZodTypes['_zod']['def'] {
  const { def } = (from as z.core.$ZodTypes)._zod
  if (def.type === 'optional') return definitionOf(def.innerType, data)
  if (def.type !== 'union') return def
  const provider = valueAt(data, ['provider'])
  const objects = def.options
    .map((option) => definitionOf(option, data))
    .filter(({ type }) => type === 'object')
  const named = objects.find(
    (one) =>
      one.type === 'object' &&
      one.shape['provider'] !== undefined &&
      z.safeParse(one.shape['provider'], provider).success,
  )
  return named ?? objects[0] ?? def
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((from, part) => {
    if (Array.isArray(from)) return typeof part === 'number' ? (from as readonly unknown[])[part] : undefined
    return isRecord(from) && Object.hasOwn(from, part) ? from[String(part)] : undefined
  }, data)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
