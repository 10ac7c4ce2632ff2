import { resourceOf, type Kind } from '../kinds.ts'

/** One field that was wrong, as in `details.causes` of a Status. */
export interface StatusCause {
  reason?: string
  message: string
  field?: string
}
export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: readonly StatusCause[]
  retryAfterSeconds?: number
}
/** The body of every answer that is not an object: `kind: Status`. */
export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: Record<string, never>
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: StatusDetails
  code: number
}

/** An answer that refuses, with the words of the real API server. */
export class StatusError extends Error {
  readonly code: number
  readonly reason: string
  readonly details: StatusDetails | undefined

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message)
    this.name = 'StatusError'
    this.code = code
    this.reason = reason
    this.details = details
  }

  body(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    }
  }
}

function about(kind: Pick<Kind, 'group' | 'plural'>, name: string): StatusDetails {
  return { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural }
}

export function notFound(kind: Pick<Kind, 'group' | 'plural'>, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${resourceOf(kind)} "${name}" not found`, about(kind, name))
}

export function alreadyExists(kind: Kind, name: string): StatusError {
  return new StatusError(
    409,
    'AlreadyExists',
    `${resourceOf(kind)} "${name}" already exists`,
    about(kind, name),
  )
}

export function conflict(kind: Pick<Kind, 'group' | 'plural'>, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${resourceOf(kind)} "${name}": ${why}`
  return new StatusError(409, 'Conflict', message, about(kind, name))
}

/** The conflict of optimistic concurrency: the write was decided on a version that is gone. */
export function modified(kind: Kind, name: string): StatusError {
  return conflict(
    kind,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message)
}

/**
 * 422: the object would not be valid. `field: problem` for each cause.
 * @param kind undefined where the server names none: what a patch made of the object cannot be read
 */
export function invalid(
  kind: Pick<Kind, 'group' | 'kind'> | undefined,
  name: string,
  causes: readonly StatusCause[],
): StatusError {
  const problems = [...new Set(causes.map(({ field, message }) => `${field ?? ''}: ${message}`))]
  const listed = problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`
  const { group = '', kind: title = '' } = kind ?? {}
  return new StatusError(
    422,
    'Invalid',
    `${group === '' ? title : `${title}.${group}`} "${name}" is invalid: ${listed}`,
    {
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { group }),
      ...(title === '' ? {} : { kind: title }),
      causes,
    },
  )
}

/** 410: the version that a watch or a list asked for has been compacted. */
export function expired(asked: number, oldest: number): StatusError {
  return new StatusError(410, 'Expired', `too old resource version: ${asked} (${oldest})`)
}
