import type { FaultEffect, Faults } from '../faults.ts'
import { Dropped } from './reply.ts'
import { StatusError } from './status-error.ts'

/**
 * What ordered faults do before a request is handled.
 * @throws StatusError or Dropped, where that is the fault
 */
export async function suffer(effect: FaultEffect, faults: Faults): Promise<void> {
  switch (effect.kind) {
    case 'status':
      throw ordered(effect)
    case 'delay':
      await new Promise((resolve) => setTimeout(resolve, effect.ms))
      return
    case 'drop-before':
      throw new Dropped()
    case 'freeze':
      await faults.frozen()
      return
    case 'drop-after':
    case 'garbage':
    case 'cut':
      // These strike later: when the answer is sent, or when the watch runs.
      return
  }
}

const REASONS: Readonly<Record<number, readonly [string, string]>> = {
  401: ['Unauthorized', 'Unauthorized'],
  403: ['Forbidden', 'forbidden by order of a test'],
  409: [
    'Conflict',
    'the object has been modified; please apply your changes to the latest version and try again',
  ],
  429: ['TooManyRequests', 'Too many requests, please try again later.'],
  500: ['InternalError', 'Internal error occurred: ordered by a test'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'the server was unable to return a response in the time allotted'],
}

function ordered({
  code,
  message,
  retryAfter: seconds,
}: Extract<FaultEffect, { kind: 'status' }>): StatusError {
  const [reason, text] = REASONS[code] ?? ['', 'ordered by a test']
  return new StatusError(
    code,
    reason,
    message ?? text,
    seconds === undefined ? undefined : { retryAfterSeconds: seconds },
  )
}
