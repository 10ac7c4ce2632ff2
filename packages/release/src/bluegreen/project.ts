import type { WorkloadSight } from '../canary/sight.ts'
import type { LeaseState } from '../in-flight.ts'
import { COLORS, type Color, type Owner } from './color.ts'
import { decideSwitch } from './decide.ts'
import type { BlueGreenGoal } from './goal.ts'
import type { BlueGreenMove } from './moves.ts'
import { ownerOf, type BlueGreenSight, type SwitchSight } from './sight.ts'
import { baseOwner, servingOwner } from './steps.ts'
import {
  begunSwitch,
  forgottenWarm,
  landedSwitch,
  notedSwitch,
  provedSwitch,
  takenUpSwitch,
  withSwitch,
} from './written.ts'

/** Moves after which a plan is cut off; the longest ways take a tenth of it. */
const MOST_MOVES = 1000
/** What a write takes in the imagined world: only so that one thing comes after another. */
const A_MOMENT_MS = 10

/**
 * What a release would do from here, for a dry run: every move up to its end, if all pods become ready and all gates
 * pass. The same wait or write twice in a row is listed once.
 */
export function plannedSwitchMoves(goal: BlueGreenGoal, seen: BlueGreenSight): readonly BlueGreenMove[] {
  const moves: BlueGreenMove[] = []
  let sight = seen
  for (let i = 0; i < MOST_MOVES; i++) {
    const move = decideSwitch(goal, sight)
    if (!isSame(moves.at(-1), move)) moves.push(move)
    if (move.kind === 'done' || move.kind === 'failed' || move.kind === 'stopped') return moves
    sight = projectSwitch(goal, sight, move)
  }
  return moves
}

/** The sight after the move in a kind world: what is waited for comes, and what is judged passes. Pure. */
export function projectSwitch(
  goal: BlueGreenGoal,
  seen: BlueGreenSight,
  move: BlueGreenMove,
): BlueGreenSight {
  const after: BlueGreenSight = { ...seen, now: seen.now + A_MOMENT_MS }
  const { now } = after
  switch (move.kind) {
    case 'claim': {
      const fence = seen.claim.kind === 'ours' ? seen.claim.fence + 1 : 1
      return { ...after, claim: { kind: 'ours', fence, since: now, state: seen.claim.state } }
    }
    case 'stamp': {
      const others = (names: readonly string[]): readonly string[] =>
        names.filter((name) => name !== move.object)
      const unstamped = others(after.unstamped)
      return { ...after, unstamped, switch: { ...after.switch, unstamped: others(after.switch.unstamped) } }
    }
    case 'begin':
      return begin(goal, after)
    case 'note':
      return lease(after, (state) => notedSwitch(state, move.change, now))
    case 'apply-color': {
      const name = `${after.own.name}-${move.color}`
      return withColor(
        after,
        move.color,
        starting(name, templateOf(goal, after, move.content), move.replicas),
      )
    }
    case 'scale': {
      const workload = ownerOf(after, move.owner)
      if (workload === undefined) return after
      const scaled = resized(workload, move.replicas)
      return listed(move.owner === 'own' ? { ...after, own: scaled } : { ...after, [move.owner]: scaled })
    }
    case 'link':
      return { ...after, switch: { ...after.switch, linked: true } }
    case 'switch':
      return lease(switched(after, move.to), (state) => {
        const noted = notedSwitch(state, { kind: 'switched', to: move.to }, now)
        return move.why === 'mend' ? notedSwitch(noted, { kind: 'reverted' }, now) : noted
      })
    case 'switch-back':
      return lease(switched(after, move.to, true), (state) =>
        notedSwitch(
          notedSwitch(state, { kind: 'retreat', why: move.why }, now),
          { kind: 'switched', to: move.to },
          now,
        ),
      )
    case 'follow': {
      const followers = after.followers.map((each) =>
        each.object === move.object ? { ...each, to: move.to } : each,
      )
      return { ...after, followers }
    }
    case 'land':
      return lease(after, (state) => landedSwitch(state, move.outcome, now))
    case 'forget-warm':
      return lease(after, forgottenWarm)
    case 'await':
      return awaited(after)
    case 'verify':
      return lease(after, (state) => provedSwitch(state, { verified: 'observed' }))
    case 'judge':
      return { ...after, now: now + move.soak, verdict: { kind: 'pass', stage: move.stage } }
    case 'drain':
      return { ...after, now: Math.max(now, move.until) }
    case 'done':
    case 'failed':
    case 'stopped':
      return seen
  }
}

function begin(goal: BlueGreenGoal, after: BlueGreenSight): BlueGreenSight {
  if (goal.kind !== 'switch') return after
  return lease(after, (state) => {
    const before = state.switching
    if (before !== undefined) return { ...state, switching: takenUpSwitch(goal, before, undefined) }
    const owner = baseOwner(goal, after)
    const serving = servingOwner(after)
    const template = ownerOf(after, owner)?.template ?? ''
    const known = state.live?.release.template === template ? state.live.release : undefined
    const base = {
      release: known ?? { version: 'the running version', digest: undefined, image: '', template },
      owner,
      replicas: ownerOf(after, serving)?.desired ?? 0,
      replicaSet: undefined,
      switch: undefined,
    }
    return withSwitch(state, begunSwitch(goal, base, undefined, after.now, serving))
  })
}

function templateOf(goal: BlueGreenGoal, seen: BlueGreenSight, content: 'base' | 'release'): string {
  const base = seen.claim.state.switching?.base.release.template ?? seen.own.template
  return content === 'release' && goal.kind === 'switch' ? goal.release.template : base
}

function withColor(seen: BlueGreenSight, color: Color, workload: WorkloadSight): BlueGreenSight {
  return listed({ ...seen, [color]: workload })
}

/** @param back the preview Service still names what is the idle colour again */
function switched(seen: BlueGreenSight, to: Color, back = false): BlueGreenSight {
  const service = seen.switch.kind === 'service'
  const linked = service ? back : seen.switch.linked
  return listed({ ...seen, switch: { ...seen.switch, to, linked, accepted: service } })
}

/** What waits are for: every pod ready, what is to go gone, the data plane as it was told. */
function awaited(seen: BlueGreenSight): BlueGreenSight {
  const ready = COLORS.reduce(
    (sight, color) => {
      const workload = sight[color]
      return workload === undefined
        ? sight
        : { ...sight, [color]: workload.deleting ? undefined : whole(workload) }
    },
    { ...seen, own: whole(seen.own) },
  )
  return listed({ ...ready, switch: { ...ready.switch, accepted: true } })
}

/** The endpoints of what serves: of the colour that is named, or of everybody whom the user's selector matches. */
function listed(seen: BlueGreenSight): BlueGreenSight {
  const { to } = seen.switch
  const of = (owner: Owner): number => (to === 'own' || to === owner ? (ownerOf(seen, owner)?.ready ?? 0) : 0)
  const endpoints: SwitchSight['endpoints'] = { own: of('own'), blue: of('blue'), green: of('green') }
  return { ...seen, switch: { ...seen.switch, endpoints } }
}

function starting(name: string, template: string, desired: number): WorkloadSight {
  const none = { ready: 0, total: 0, old: 0, endpoints: 0, settled: desired === 0, trouble: [] }
  return { name, template, desired, ...none, deleting: false }
}

function resized(workload: WorkloadSight, desired: number): WorkloadSight {
  const [ready, endpoints] = [Math.min(workload.ready, desired), Math.min(workload.endpoints, desired)]
  return { ...workload, desired, ready, endpoints, settled: ready === desired }
}

function whole(workload: WorkloadSight): WorkloadSight {
  const { desired } = workload
  const all = { ready: desired, total: desired, endpoints: desired }
  return { ...workload, ...all, old: 0, settled: true, trouble: [] }
}

function lease(seen: BlueGreenSight, change: (state: LeaseState) => LeaseState): BlueGreenSight {
  return { ...seen, claim: { ...seen.claim, state: change(seen.claim.state) } }
}

function isSame(before: BlueGreenMove | undefined, move: BlueGreenMove): boolean {
  return before !== undefined && JSON.stringify(timeless(before)) === JSON.stringify(timeless(move))
}

function timeless(move: BlueGreenMove): object {
  return 'until' in move ? { ...move, until: 0 } : move
}
