import type { JournalEntry } from '@release-actions/engine'
import type { Way } from '@release-actions/release'

/** Waits, ends and what is only written on the Lease change nothing that users or their workloads would notice. */
export function changes(kind: JournalEntry['kind']): boolean {
  return ![
    ...['claim', 'stamp', 'begin', 'note', 'land', 'forget-warm'],
    ...['await', 'verify', 'judge', 'drain', 'done', 'failed', 'stopped'],
  ].includes(kind)
}

/** A gate's stage as the summary names it. */
export function stageLabel(stage: string): string {
  return `look ${stage.replace('restored-', '')}`
}

/** @param version what it goes back to */
export function describeWay(way: Way, version: string): string {
  switch (way.kind) {
    case 'end-canary':
      return `end the canary of ${way.flight.release.version} that is in flight: the route goes back to ${way.flight.base.release.version}`
    case 'end-switch':
      return `end the switch to ${way.switching.release.version} that is under way: back to ${way.switching.base.release.version}`
    case 'switch':
      return way.warm
        ? `switch back to ${way.to}, which is still warm with ${version}`
        : `deploy ${version} as ${way.to}, and switch to it`
    case 'redeploy':
      return `set the workload back to ${version}`
    case 'there':
      return `nothing: ${version} serves`
  }
}
