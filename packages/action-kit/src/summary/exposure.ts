import { formatDuration, formatPercent } from '@release-actions/values'
import type { Exposure } from './report.ts'
import { utcTime } from '../log.ts'

/** How long, how much, and how that is known: plain text. */
export function exposureText({ from, to, highestWeight, requests }: Exposure, version: string): string {
  const time =
    to === undefined
      ? `${version} has had traffic since ${utcTime(from)}`
      : `${version} had traffic for ${formatDuration(to - from)} (${utcTime(from)} to ${utcTime(to)})`
  const weight = `, at most ${formatPercent(highestWeight)} of it.`
  if (requests === undefined) return `${time}${weight} How many requests reached it was not measured.`
  const share = requests.all === 0 ? 0 : (100 * requests.new) / requests.all
  const failed = requests.newFailed === undefined ? '' : `; ${count(requests.newFailed)} of them failed`
  return `${time}${weight} Measured: ${count(requests.new)} of ${count(requests.all)} requests reached it (${formatPercent(share)})${failed}.`
}

/** `12,345` */
function count(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',')
}
