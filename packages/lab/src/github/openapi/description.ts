/** The trimmed description as `trim.ts` writes it. */
import { readFileSync } from 'node:fs'
import type { OperationId } from './operations.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

export interface DescribedOperation {
  readonly id: OperationId
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** With parameters in braces: `/repos/{owner}/{repo}/deployments`. */
  readonly path: string
  /** Query parameters by name. */
  readonly query: Readonly<Record<string, JsonSchema>>
  /** The body, as JSON Schema with closed objects; absent when the operation takes none. */
  readonly request?: JsonSchema
  readonly bodyRequired?: boolean
  /** By status; `null` for a response without a JSON body. */
  readonly responses: Readonly<Record<string, JsonSchema | null>>
}

export interface Description {
  /** The package and version it was made from. */
  readonly source: string
  readonly operations: readonly DescribedOperation[]
  readonly schemas: Readonly<Record<string, JsonSchema>>
}

export function readDescription(): Description {
  return JSON.parse(readFileSync(new URL('./description.json', import.meta.url), 'utf8')) as Description
}
