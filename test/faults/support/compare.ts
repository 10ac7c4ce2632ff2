import { isDeepStrictEqual } from 'node:util'
import { expect } from '@jest/globals'
import { finalState, type FinalState } from './final-state.ts'
import { countWrites, type Writes } from './killing.ts'
import { isSwitch, openStand, type Outcome, type Stand } from './stand.ts'

export interface Undisturbed {
  readonly state: FinalState
  /** What the action wrote, in order. */
  readonly writes: Writes
}

/** Played once for each outcome that is asked for. */
const known = new Map<Outcome, Promise<Undisturbed>>()

/** How a release goes, and where it ends, when nothing goes wrong. */
export function undisturbed(outcome: Outcome): Promise<Undisturbed> {
  const found = known.get(outcome) ?? play(outcome)
  known.set(outcome, found)
  return found
}

async function play(outcome: Outcome): Promise<Undisturbed> {
  await using stand = await openStand({ switching: isSwitch(outcome) })
  const { writes } = countWrites(stand)
  const done = await stand.run(outcome)
  const decision = outcome === 'switched-back' ? 'retreated' : outcome
  if (done.outputs['decision'] !== decision)
    throw new Error(`undisturbed, it is not ${outcome}:\n${done.log}`)
  expect(await stand.violations()).toEqual([])
  return { writes, state: await finalState(stand.scene) }
}

type Part = 'objects' | 'lease' | 'records'

/** The parts of the final state that differ from the undisturbed one, with the first place where they do. */
export async function difference(
  stand: Stand,
  outcome: Outcome,
  parts: readonly Part[] = ['objects', 'lease', 'records'],
): Promise<readonly string[]> {
  const { state } = await undisturbed(outcome)
  const found = await finalState(stand.scene)
  return parts.flatMap((part) => {
    const at = firstDifference(found[part], state[part], part)
    return at === undefined ? [] : [at]
  })
}

/** `objects.0.spec.rules: … instead of …` */
export function firstDifference(found: unknown, wanted: unknown, path: string): string | undefined {
  if (isDeepStrictEqual(found, wanted)) return undefined
  if (isObject(found) && isObject(wanted)) {
    for (const key of new Set([...Object.keys(found), ...Object.keys(wanted)])) {
      const at = firstDifference(found[key], wanted[key], `${path}.${key}`)
      if (at !== undefined) return at
    }
  }
  return `${path}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`.slice(0, 1000)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
