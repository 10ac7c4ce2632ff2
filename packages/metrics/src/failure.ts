import { sourceError, type SourceError } from '@release-actions/judge'
import { messageOf, ReleaseError } from '@release-actions/values'

/** A thrown error as a reading, by its code. `what` names what was asked: `pod shop-1`, `Prometheus`. */
export function failed(error: unknown, what: string): SourceError {
  const detail = `${what}: ${messageOf(error)}${whyOf(error)}`
  if (!(error instanceof ReleaseError)) return sourceError('source-error', detail)
  switch (error.code) {
    case 'forbidden':
      return sourceError('unauthorised', detail)
    case 'timeout':
      return sourceError('timeout', detail)
    case 'unreachable':
      return sourceError('unreachable', detail)
    default:
      return sourceError('source-error', detail)
  }
}

function whyOf(error: unknown): string {
  const [why] = error instanceof ReleaseError ? error.why : []
  return why === undefined ? '' : ` (${why})`
}

/** The first line of an answer's body, short enough for a message. */
export function excerpt(body: string): string {
  const line = body.trim().split('\n')[0]?.trim() ?? ''
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}
