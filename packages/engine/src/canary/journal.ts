import { attained, type CanaryMove, type CanarySight, type Stage } from '@release-actions/release'
import { formatPercent, type Percent } from '@release-actions/values'
import type { JournalEntry, LoopListener } from '../listener.ts'

/** How long the new version stood at a weight, and what it served there, as the pods counted. */
export interface Exposure {
  readonly weight: Percent
  readonly from: number
  readonly until: number
  readonly requests: { readonly canary: number; readonly stable: number } | undefined
}

/** Told what happens in a canary release. */
export type Listener = LoopListener<CanarySight, Stage, CanaryMove['kind']>

/** The phase on the Lease is a note to the next process, not something that was done. */
export function isWorthTelling(move: CanaryMove): boolean {
  return !(move.kind === 'note' && move.change.kind === 'phase')
}

/** Something that a person asks about, and not the housekeeping around it, nor the end. */
export function isForPeople({ kind }: Pick<JournalEntry, 'kind'>): boolean {
  return !['claim', 'stamp', 'begin', 'done', 'failed', 'stopped'].includes(kind)
}

/** What a move is, in words for a person who reads the log at 3 a.m. */
export function describeMove(move: CanaryMove, seen: CanarySight): string {
  switch (move.kind) {
    case 'claim':
      return 'claim the workload (Lease)'
    case 'stamp':
      return `put the fence on ${move.object}`
    case 'begin':
      return 'write what is in flight on the Lease'
    case 'note':
      return describeNote(move.change, seen)
    case 'hold-autoscaler':
      return `hold the HPA's minimum at ${move.min} while the canary serves`
    case 'release-autoscaler':
      return `put the HPA's minimum back to ${move.min}`
    case 'apply-canary':
      return `deploy the canary with ${pods(move.replicas)}`
    case 'scale-canary':
      return `scale the canary to ${pods(move.replicas)}`
    case 'link':
      return 'add the canary to the traffic, with weight 0'
    case 'shift':
      return move.weight === 0
        ? 'route everything to the stable'
        : `give the canary ${share(move.weight, seen)}`
    case 'promote-stable':
      return `roll the new version out to ${seen.stable.name}, behind the canary`
    case 'retreat-route':
      return `ROUTE BACK: ${move.why.reason}`
    case 'restore-stable':
      return `put the old version of ${seen.stable.name} back, behind the canary`
    case 'unlink':
      return 'take the canary out of the traffic'
    case 'delete-canary':
      return 'remove the canary'
    case 'land':
      return move.outcome === 'promoted' ? 'promoted: the Lease says so' : 'taken back: the Lease says so'
    case 'await':
      return `wait: ${describeWait(move.what, seen)}`
    case 'verify':
      return move.weight === 0
        ? 'prove that nothing reaches the canary'
        : `prove that ${share(move.weight, seen)} reaches the canary`
    case 'judge':
      return move.stage === 'stable'
        ? 'judge the stable through its pods'
        : `judge at ${share(Number(move.stage), seen)}`
    case 'drain':
      return `let requests end (${Math.max(0, Math.ceil((move.until - seen.now) / 1000))} s)`
    case 'done':
      return move.decision
    case 'failed':
      return `${move.decision}: ${move.reason}`
    case 'stopped':
      return `superseded: ${move.reason}`
  }
}

type NoteChange = Extract<CanaryMove, { kind: 'note' }>['change']

/** Without a router the pods are the split, so a weight is what whole pods attain: that is said with it. */
function share(weight: Percent, { traffic, stable }: CanarySight): string {
  const pods = attained(traffic.kind, weight, stable.desired)
  return pods === weight ? `${weight} %` : `${weight} % (${formatPercent(pods)} in whole pods)`
}

function describeNote(change: NoteChange, seen: CanarySight): string {
  switch (change.kind) {
    case 'phase':
      return `phase: ${change.name}`
    case 'shift':
      return seen.traffic.kind === 'route'
        ? `note that the route stands at ${change.weight} %`
        : `note that the pods stand at ${share(change.weight, seen)}`
    case 'passed':
      return `${change.weight} % has passed`
    case 'retreat':
      return `take back: ${change.why.reason}`
    case 'reverted':
      return 'somebody has put the old template of the stable back'
  }
}

function describeWait(
  what: Extract<CanaryMove, { kind: 'await' }>['what'],
  { canary, stable }: CanarySight,
): string {
  switch (what) {
    case 'canary-ready':
      // Of a plan: there is no canary yet.
      if (canary === undefined) return "the canary's pods become ready"
      return `${canary.ready} of ${pods(canary.desired)} of the canary are ready`
    case 'canary-endpoints':
      return "the Service lists the canary's pods"
    case 'canary-gone':
      return 'the earlier canary is gone'
    case 'route-accepted':
      return "the route's controller accepts"
    case 'stable-rolled-out':
      if (stable.desired === 0) return `somebody scales ${stable.name}, which has 0 replicas, up again`
      return `${stable.ready} of ${pods(stable.desired)} of ${stable.name} are ready, ${stable.old} old ones are left`
    case 'stable-endpoints':
      return `the Service lists the pods of ${stable.name}`
  }
}

function pods(count: number): string {
  return count === 1 ? '1 pod' : `${count} pods`
}
