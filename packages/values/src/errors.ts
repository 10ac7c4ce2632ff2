/** The closed set of reasons why an action stops. Printed as the output `reason-code`. */
export const REASON_CODES = [
  'invalid-input',
  'not-found',
  'forbidden',
  'not-ready',
  'unhealthy',
  'inconclusive',
  'conflict',
  'superseded',
  'timeout',
  'cancelled',
  'unreachable',
  'rate-limited',
  'retreat-failed',
] as const

export type ReasonCode = (typeof REASON_CODES)[number]

/** What a {@link ReleaseError} tells a person, beyond its one-sentence message. */
export interface ErrorDetails {
  /** The object it happened to, as a person would type it: `Deployment shop/api`, `input plan`. */
  readonly object?: string
  /** Why: the pod's own events and last log lines, the server's message. One entry a line. */
  readonly why?: readonly string[]
  /** What to do next: a sentence, or a command to type. One entry a line. */
  readonly fix?: readonly string[]
  readonly cause?: unknown
}

/** Every error that a user may see. Rendered once, at the edge (packages/action-kit). */
export class ReleaseError extends Error {
  readonly code: ReasonCode
  readonly object: string | undefined
  readonly why: readonly string[]
  readonly fix: readonly string[]

  constructor(code: ReasonCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = code
    this.object = details.object
    this.why = details.why ?? []
    this.fix = details.fix ?? []
  }
}

/** An input whose value is not legal. Thrown before anything is touched. */
export class InvalidInput extends ReleaseError {
  readonly input: string

  /**
   * @param input the name as users type it: `plan`, `gates[2].max`
   * @param value what they typed; shown as JSON, cut at 80 characters
   * @param legal what would have been legal, as the end of the sentence "use …"
   */
  constructor(input: string, value: unknown, legal: string, details: ErrorDetails = {}) {
    super('invalid-input', `${input}: ${show(value)} is not valid; use ${legal}`, {
      object: `input ${input}`,
      ...details,
    })
    this.input = input
  }
}

export class NotFound extends ReleaseError {
  constructor(message: string, details?: ErrorDetails) {
    super('not-found', message, details)
  }
}
export class Forbidden extends ReleaseError {
  constructor(message: string, details?: ErrorDetails) {
    super('forbidden', message, details)
  }
}
/** Nobody knows there who asks (401): credentials that have ended, or a server that cannot look them up yet. */
export class Unauthenticated extends Forbidden {}
export class NotReady extends ReleaseError {
  constructor(message: string, details?: ErrorDetails) {
    super('not-ready', message, details)
  }
}
/** Somebody else changed the object since it was read, or something that we rely on is not what it was. */
export class Conflict extends ReleaseError {
  constructor(message: string, details?: ErrorDetails) {
    super('conflict', message, details)
  }
}
export class Superseded extends ReleaseError {
  constructor(message: string, details?: ErrorDetails) {
    super('superseded', message, details)
  }
}
export class TimedOut extends ReleaseError {
  constructor(message: string, details?: ErrorDetails) {
    super('timeout', message, details)
  }
}
export class Cancelled extends ReleaseError {
  constructor(message: string, details?: ErrorDetails) {
    super('cancelled', message, details)
  }
}
export class Unreachable extends ReleaseError {
  constructor(message: string, details?: ErrorDetails) {
    super('unreachable', message, details)
  }
}
export class RateLimited extends ReleaseError {
  /** Milliseconds to wait before the next request, when the server said so. */
  readonly retryAfter: number | undefined
  constructor(message: string, retryAfter?: number, details?: ErrorDetails) {
    super('rate-limited', message, details)
    this.retryAfter = retryAfter
  }
}

/** The value as JSON, cut at 80 characters, so that an error names what was typed and stays one line. */
export function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value))
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

/** What happened and why, each once: a server's reason is often in the message already. */
export function wholeOf({ message, why }: ReleaseError): string {
  return [message, ...why.filter((each) => !message.includes(each))].join('; ')
}

/** The message of anything thrown; never `undefined`. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name
  return typeof error === 'string' && error !== '' ? error : `an unknown error (${show(error)})`
}
