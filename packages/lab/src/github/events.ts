/** What happened: one entry a request, in the order of arrival. */
import type { OperationId } from './openapi/operations.ts'
import type { Mismatch } from './openapi/contract.ts'
import type { Fault } from './faults.ts'

export interface GitHubEvent {
  /** When it arrived, milliseconds since 1970. */
  readonly at: number
  /** `unknown`: no operation of the description has that method and path. */
  readonly operation: OperationId | 'graphql' | 'unknown'
  readonly method: string
  /** Without the API's prefix, without the query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
  /** What was answered; undefined while under way, and when the connection was dropped. */
  readonly status: number | undefined
  readonly response: unknown
  /** It changed what GitHub remembers. */
  readonly effect: boolean
  readonly fault: Fault | undefined
}

/** A request that GitHub's description does not allow, or a response of ours that it does not promise. */
export interface Violation extends Mismatch {
  readonly kind: 'request' | 'response'
  readonly operation: GitHubEvent['operation']
}

export const isWrite = ({ method, operation }: GitHubEvent): boolean =>
  method !== 'GET' && operation !== 'graphql'
