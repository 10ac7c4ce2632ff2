import type { RedeployMove, RedeploySight, RedeployStage } from '@release-actions/release'
import type { LoopListener } from '../listener.ts'

/** Told what happens while a workload is set back. */
export type RedeployListener = LoopListener<RedeploySight, RedeployStage, RedeployMove['kind']>

/** The phase on the Lease is a note to the next process, not something that was done. */
export function isRedeployWorthTelling(move: RedeployMove): boolean {
  return !(move.kind === 'note' && move.change.kind === 'phase')
}

/** What a move is, in words for a person who reads the log at 3 a.m. */
export function describeRedeploy(move: RedeployMove, { stable }: RedeploySight, version: string): string {
  switch (move.kind) {
    case 'claim':
      return 'claim the workload (Lease), whoever works on it'
    case 'begin':
      return 'write on the Lease what is being restored'
    case 'stamp':
      return `put the fence on ${move.object}`
    case 'note':
      switch (move.change.kind) {
        case 'phase':
          return `phase: ${move.change.name}`
        case 'passed':
          return `verified, ${ordinal(move.change.round)} time`
        case 'reverted':
          return `somebody has put another template of ${stable.name} back`
      }
    case 'restore':
      return `SET BACK: ${stable.name} to ${version}`
    case 'land':
      return move.flaw === undefined
        ? `${version} is live: the Lease says so`
        : `${version} is live, and not verified: the Lease says so`
    case 'await':
      return move.what === 'rolled-out'
        ? `wait: ${stable.ready} of ${stable.desired} pods of ${stable.name} are ready, ${stable.old} old ones are left`
        : `wait: the Service lists the pods of ${stable.name}`
    case 'judge':
      return `verify ${version}, ${ordinal(Number(move.stage.slice('restored-'.length)))} time`
    case 'done':
      return move.decision
    case 'failed':
      return `${move.decision}: ${move.reason}`
    case 'stopped':
      return `superseded: ${move.reason}`
  }
}

function ordinal(n: number): string {
  return n === 1 ? 'the first' : n === 2 ? 'the second' : n === 3 ? 'the third' : `the ${n}th`
}
