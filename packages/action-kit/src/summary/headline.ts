import { formatPercent } from '@release-actions/values'
import type { ReleaseReport } from './report.ts'

/** The verdict in one line of plain text: what a person reads first, and often only. */
export function headline(report: ReleaseReport): string {
  const { service, version, decision } = report
  const place = report.environment === undefined ? '' : ` in ${report.environment}`
  // A gate may stand without a version: it judges a pull request, say.
  const name = version === '' ? service : `${service} ${version}`
  if (report.code === 'retreat-failed') {
    if (hasNothing(report))
      return `🚨 THE WAY BACK DID NOT COMPLETE: ${name} serves no requests any more, but not all of it is gone${place}`
    return `🚨 THE WAY BACK FAILED: ${name} STILL serves ${shareOf(report)} of the requests${place}`
  }
  switch (decision) {
    case 'promoted':
    case 'switched':
      return `✅ ${name} is live${place}`
    case 'advanced':
      return `✅ ${name} has ${shareOf(report)} of the requests${place}`
    case 'rolled-back':
      return `✅ ${service} is back on ${version}${place}`
    case 'unchanged':
      return `✅ Nothing to do: ${name} is where this step would take it${place}`
    case 'planned':
      return `📝 A dry run: what would be done for ${name}${place}`
    case 'retreated':
      return `❌ ${name} was taken back${report.environment === undefined ? '' : ` from ${report.environment}`}${hadTraffic(report) ? '' : ' before it had any traffic'}`
    case 'held':
      return `⏸️ ${name} failed and is held at ${shareOf(report)} of the requests${place}`
    case 'failed':
      return `❌ ${name} was not released${place}`
    case 'superseded':
      return `⏹️ ${name} gave way to a newer run${place}`
    case 'cancelled':
      return `⏹️ ${name} was cancelled${place}`
    case 'built':
      return `✅ ${name} is built`
    case 'pass':
      return `✅ ${name} is healthy${place}`
    case 'fail':
      return `❌ ${name} is not healthy${place}`
    case 'inconclusive':
      return `❔ Whether ${name} is healthy is not known${place}`
  }
}

function hadTraffic({ exposure, split }: ReleaseReport): boolean {
  return exposure !== undefined || split.some(({ weight }) => weight > 0)
}

/** Others serve everything. */
function hasNothing({ serving, version }: ReleaseReport): boolean {
  const others = serving.filter((entry) => entry.version !== version)
  return others.reduce((sum, { share }) => sum + (share ?? 0), 0) >= 100
}

function shareOf({ serving, version }: ReleaseReport): string {
  const share = serving.find((entry) => entry.version === version)?.share
  return share === undefined ? 'an unknown share' : formatPercent(share)
}
