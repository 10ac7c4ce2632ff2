import {
  baseColor,
  type BlueGreenMove,
  type BlueGreenSight,
  type Color,
  type Owner,
  type SwitchNote,
  type SwitchStage,
} from '@release-actions/release'
import type { LoopListener } from '../listener.ts'

/** Told what happens in a blue/green release. */
export type BlueGreenListener = LoopListener<BlueGreenSight, SwitchStage, BlueGreenMove['kind']>

/** The phase on the Lease is a note to the next process, not something that was done. */
export function isSwitchMoveWorthTelling(move: BlueGreenMove): boolean {
  return !(move.kind === 'note' && move.change.kind === 'phase')
}

/** What a move is, in words for a person who reads the log at 3 a.m. */
export function describeSwitchMove(move: BlueGreenMove, seen: BlueGreenSight): string {
  switch (move.kind) {
    case 'claim':
      return 'claim the workload (Lease)'
    case 'stamp':
      return `put the fence on ${move.object}`
    case 'begin':
      return 'write what is in flight on the Lease'
    case 'note':
      return describeNote(move.change)
    case 'apply-color':
      return move.content === 'base'
        ? `adopt what serves as ${move.color}, with ${pods(move.replicas)}`
        : `deploy to ${move.color} with ${pods(move.replicas)}`
    case 'scale':
      return `scale ${nameOf(move.owner, seen)} to ${pods(move.replicas)}`
    case 'link':
      return 'give the idle colour a Service of its own'
    case 'switch':
      return describeSwitch(move, seen)
    case 'switch-back':
      return `BACK TO ${move.to}${shortOf(move.to, seen)}: ${move.why.reason}`
    case 'follow':
      return `let ${move.object} follow ${nameOf(move.to, seen)}`
    case 'land':
      return move.outcome === 'promoted' ? 'switched: the Lease says so' : 'taken back: the Lease says so'
    case 'forget-warm':
      return 'the old colour is not kept any longer: the Lease says so'
    case 'await':
      return `wait: ${describeWait(move.what, seen)}`
    case 'verify':
      return `prove that new connections reach ${move.to} alone`
    case 'judge':
      return move.stage === 'pre-switch'
        ? 'judge the idle colour, before the switch'
        : 'judge while it serves, after the switch'
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

function describeSwitch(
  { to, why }: Extract<BlueGreenMove, { kind: 'switch' }>,
  seen: BlueGreenSight,
): string {
  switch (why) {
    case 'adopt':
      return `switch to ${to}, which has the version that serves`
    case 'release':
      return `SWITCH to ${to}${shortOf(to, seen)}`
    case 'mend':
      return `switch to ${to} again: somebody has taken the colour out of what says who serves`
  }
}

/** That a colour gets everything with fewer pods than it is to have. */
function shortOf(to: Color, seen: BlueGreenSight): string {
  const { ready = 0, desired = 0 } = seen[to] ?? {}
  const need = Math.max(desired, seen.claim.state.switching?.base.replicas ?? 0)
  return ready >= need ? '' : ` with ${ready} of ${pods(need)}, the others are coming`
}

function describeNote(change: SwitchNote): string {
  switch (change.kind) {
    case 'phase':
      return `phase: ${change.name}`
    case 'switched':
      return `note that ${change.to} serves`
    case 'passed':
      return change.stage === 'pre-switch' ? 'the idle colour has passed' : 'it has passed while it serves'
    case 'retreat':
      return `take back: ${change.why.reason}`
    case 'reverted':
      return 'somebody has undone the switch'
  }
}

function describeWait(what: Extract<BlueGreenMove, { kind: 'await' }>['what'], seen: BlueGreenSight): string {
  const flight = seen.claim.state.switching
  const adopting = flight?.phase.name === 'adopting'
  const color = flight === undefined ? undefined : adopting ? baseColor(flight) : flight.to
  switch (what) {
    case 'live-rolled-out':
      return readiness(seen.switch.to, seen)
    case 'color-ready':
      return color === undefined ? "the idle colour's pods become ready" : readiness(color, seen)
    case 'color-endpoints':
      return `the Service lists the pods of ${color ?? 'the idle colour'}`
    case 'color-gone':
      return `the earlier pods of ${color ?? 'the idle colour'} are gone`
    case 'switch-accepted':
      return "the route's controller accepts"
    case 'switch-endpoints':
      return `the endpoints are those of ${seen.switch.to} alone`
    case 'base-ready':
      return flight === undefined ? 'what serves is ready' : readiness(baseColor(flight), seen)
  }
}

function readiness(owner: Owner, seen: BlueGreenSight): string {
  const workload = seen[owner]
  if (workload === undefined) return `the pods of ${owner} become ready`
  return `${workload.ready} of ${pods(workload.desired)} of ${workload.name} are ready`
}

function nameOf(owner: Owner | Color, seen: BlueGreenSight): string {
  return owner === 'own' ? seen.own.name : owner
}

function pods(count: number): string {
  return count === 1 ? '1 pod' : `${count} pods`
}
