import type { GateVerdict } from './judge.ts'

/**
 * What all gates say together. `fail`: a limit was broken. `inconclusive`: a gate could not tell, and the user did
 * not say that this may pass; it never counts as a pass. `hold`: the same where the user wrote
 * `on-inconclusive: hold`.
 */
export type Verdict =
  | { readonly state: 'judging' }
  /** `applied`: enforced gates behind it; 0 when none was given. */
  | { readonly state: 'pass'; readonly applied: number }
  | {
      readonly state: 'fail' | 'hold' | 'inconclusive'
      readonly deciding: GateVerdict
      readonly reason: string
    }

/**
 * The worst of the enforced gates decides, and it decides as soon as it can: a failure before the others have ended.
 * Advisory gates (`enforce: false`) never decide.
 * @param ended the window is over; without gates this alone makes a pass
 */
export function combine(verdicts: readonly GateVerdict[], ended: boolean): Verdict {
  const enforced = verdicts.filter(({ gate }) => gate.rules.enforce)
  const inconclusive = (policy: string): GateVerdict | undefined =>
    enforced.find(({ state, gate }) => state === 'inconclusive' && gate.rules.onInconclusive === policy)
  const failed = enforced.find(({ state }) => state === 'fail')
  if (failed !== undefined) return decided('fail', failed)
  const unknown = inconclusive('fail')
  if (unknown !== undefined) return decided('inconclusive', unknown)
  if (!ended || enforced.some(({ state }) => state === 'judging')) return { state: 'judging' }
  const held = inconclusive('hold')
  if (held !== undefined) return decided('hold', held)
  return { state: 'pass', applied: enforced.length }
}

function decided(state: 'fail' | 'hold' | 'inconclusive', deciding: GateVerdict): Verdict {
  return { state, deciding, reason: `gate "${deciding.gate.name}": ${deciding.message}` }
}
