import type { CanarySight } from '@release-actions/release'
import { formatPercent, ReleaseError } from '@release-actions/values'

/**
 * The error of a step that could not begin, where an earlier step has left a release in flight: that one is neither
 * carried on nor taken back, which whoever reads "nothing has been changed" would not expect.
 */
export function staysInFlight(error: unknown, { claim, traffic }: CanarySight): unknown {
  const flight = claim.state.inFlight
  if (flight === undefined || !(error instanceof ReleaseError)) return error
  const { code, message, object, why, fix } = error
  const { version } = flight.release
  const stays = `${version}, which is in flight, keeps ${formatPercent(traffic.weight)} of the traffic: this step could not begin`
  return new ReleaseError(code, `${message}; ${stays}`, {
    ...(object !== undefined && { object }),
    why,
    fix: [
      ...fix,
      `mend that and run this step again, or take ${version} back: the rollback action with abort: true`,
    ],
    cause: error.cause,
  })
}
