import {
  baseOwner,
  begunSwitch,
  endedBy,
  forgottenWarm,
  landedSwitch,
  notedSwitch,
  provedSwitch,
  servingOwner,
  takenUpSwitch,
  withSwitch,
  type BlueGreenGoal,
  type Color,
  type Owner,
  type SwitchEnd,
  type BlueGreenMove,
  type SwitchNote,
  type SwitchStage,
  type Switching,
} from '@release-actions/release'
import { versionOfStable } from '../canary/version-of-stable.ts'
import { pauseUntil, type LoopActing } from '../loop.ts'
import type { BlueGreenObservation } from './observe.ts'
import type { BlueGreenPorts } from './ports.ts'
import { verifySwitch } from './verify-switch.ts'

/** What is left of the runner's 7.5 s after a signal, for proving that the old colour serves again. */
const CANCEL_PROOF_MS = 4000

export interface SwitchActing extends LoopActing<SwitchStage> {
  readonly ports: BlueGreenPorts
  readonly goal: BlueGreenGoal
}

export type SwitchAct = Exclude<BlueGreenMove, SwitchEnd>

/**
 * One idempotent, guarded write, or a wait.
 * @throws ReleaseError; `conflict` means: look again
 */
export async function actSwitch(
  move: SwitchAct,
  { seen, colors: sight }: BlueGreenObservation,
  acting: SwitchActing,
): Promise<void> {
  const { ports, goal } = acting
  const { colors, claims, clock } = ports
  const fence = seen.claim.kind === 'ours' ? seen.claim.fence : 0
  // A cancel that was already decided on ends no wait of the way back: it would look again without a pause.
  const interrupt = seen.cancelled ? new AbortController().signal : acting.interrupt
  switch (move.kind) {
    case 'claim':
      await claims.take(goal.run)
      return
    case 'stamp':
      return seen.switch.unstamped.includes(move.object)
        ? ports.switch.stamp(move.object, fence)
        : colors.stamp(move.object, fence)
    case 'begin':
      return begin()
    case 'note':
      return note(move.change)
    case 'apply-color':
      return colors.apply(move.color, move.content, move.replicas, fence)
    case 'scale':
      return colors.scale(move.owner, move.replicas, fence)
    case 'link': {
      const to = seen.claim.state.switching?.to
      return to === undefined ? undefined : ports.switch.link(to, fence)
    }
    case 'switch':
      await ports.switch.set(move.to, fence)
      return move.why === 'mend'
        ? note({ kind: 'reverted' }, { kind: 'switched', to: move.to })
        : note({ kind: 'switched', to: move.to })
    case 'switch-back':
      await ports.switch.back(move.to, fence)
      return note({ kind: 'retreat', why: move.why }, { kind: 'switched', to: move.to })
    case 'follow':
      return colors.follow(move.object, move.to, fence)
    case 'land': {
      if (move.outcome === 'promoted') await colors.finish(fence)
      const served = sight[seen.switch.to]?.digest
      const now = clock.now()
      return claims.write((state) => {
        const back = move.outcome === 'retreated' ? state.switching?.release : undefined
        return landedSwitch(endedBy(state, goal, back, now), move.outcome, now, served)
      })
    }
    case 'forget-warm':
      return claims.write(forgottenWarm)
    case 'await': {
      const ms = pauseUntil(move.until, clock.now(), seen.cancelled)
      const switching = move.what === 'switch-accepted' || move.what === 'switch-endpoints'
      return switching ? ports.switch.changed(ms, interrupt) : colors.changed(ms, interrupt)
    }
    case 'verify':
      return prove(move.to, move.until)
    case 'judge': {
      const { gates } = acting.window(move.stage, move.soak)
      const wait = gates.nextRoundIn()
      if (wait > 0) return colors.changed(wait, interrupt)
      return gates.round(interrupt)
    }
    case 'drain':
      return clock.sleep(Math.max(1, move.until - clock.now()), interrupt)
  }

  async function begin(): Promise<void> {
    if (goal.kind !== 'switch') return
    const before = seen.claim.state.switching
    if (before !== undefined) {
      const switching = takenUpSwitch(goal, before, acting.deployment())
      return claims.write((state) => ({ ...state, switching }))
    }
    const serving = servingOwner(seen)
    const base = baseOf(baseOwner(goal, seen), serving, await ports.switch.original())
    const switching = begunSwitch(goal, base, acting.deployment(), clock.now(), serving)
    return claims.write((state) => withSwitch(state, switching))
  }

  /** What a retreat goes back to. */
  function baseOf(owner: Owner, named: Owner, original: unknown): Switching['base'] {
    const serving = sight[owner]
    const { live, colors: kept } = seen.claim.state
    // What the record knows of the version that serves, when it is still that one.
    const known = [live?.release, kept?.warm?.release].find(
      (release) => release !== undefined && release.template === serving?.template,
    )
    return {
      release: known ?? {
        version: serving === undefined ? 'unknown' : versionOfStable(serving, acting.nameOf),
        digest: serving?.digest,
        image: serving?.image ?? '',
        template: serving?.template ?? '',
      },
      owner,
      // As many as users need now.
      replicas: sight[named]?.desired ?? 0,
      replicaSet: serving?.replicaSet,
      switch: original,
    }
  }

  function note(...changes: readonly SwitchNote[]): Promise<void> {
    const now = clock.now()
    return claims.write((state) => changes.reduce((each, change) => notedSwitch(each, change, now), state))
  }

  async function prove(to: Color, until: number): Promise<void> {
    const most = acting.cancelled() ? CANCEL_PROOF_MS : Math.max(0, until - clock.now())
    // A cancel does not cut short the proof that the old colour serves, only one of the way forward.
    const back = to !== seen.claim.state.switching?.to
    const signal = back ? new AbortController().signal : interrupt
    // The counters are of the colours: while the user's own pods are up, some requests may be theirs.
    const meter = seen.own.total > 0 ? undefined : ports.meter
    const how = await verifySwitch({ ...ports, meter }, to, most, signal)
    if (signal.aborted) return
    await claims.write((state) => provedSwitch(state, how))
  }
}
