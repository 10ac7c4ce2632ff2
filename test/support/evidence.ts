import { expect } from '@jest/globals'
import { withinBinomial, type ActionResult, type Load } from '@release-actions/lab'

/** What a step says of a shift of the traffic in its output `result`. */
interface Shift {
  readonly weight: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly verified: 'pending' | 'observed' | 'unobserved'
  readonly seen?: number
}

interface Result {
  readonly schema: number
  readonly decision: string
  readonly evidence: {
    readonly shifts: readonly Shift[]
    readonly journal: readonly {
      readonly at: number
      readonly kind: string
      readonly text: string
      readonly weight: number
    }[]
    readonly gates: readonly { readonly name: string }[]
    readonly pods: readonly string[]
  }
}

/** The output `result`, parsed. */
export function resultOf(done: Pick<ActionResult, 'outputs'>): Result {
  return JSON.parse(done.outputs['result'] ?? 'null') as Result
}

/** What a step did, by kind of move, in order. */
export function movesOf(done: Pick<ActionResult, 'outputs'>): readonly string[] {
  return resultOf(done).evidence.journal.map(({ kind }) => kind)
}

/** The one error annotation of a failed step: never none, never several. */
export function errorOf(done: ActionResult): string {
  const errors = done.annotations.filter(({ level }) => level === 'error')
  expect(errors.map(({ message }) => message)).toHaveLength(1)
  const [error] = errors
  return `${error?.title ?? ''}\n${error?.message ?? ''}`
}

/** The share that clients saw at each weight lies where chance may put it, 99.9 %, once the router had settled. */
export function expectSharesHeld(done: ActionResult, load: Load, version: string, settleMs: number): void {
  const { shifts } = resultOf(done).evidence
  const wrong = shifts.flatMap(({ at, weight }, index) => {
    const until = shifts[index + 1]?.at
    if (until === undefined || weight === 0) return []
    const counts = load.counts(at + settleMs, until - 50)
    const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
    const seen = counts[version] ?? 0
    return withinBinomial(seen, all, weight / 100) ? [] : [`at ${weight} %: ${seen} of ${all}`]
  })
  expect(wrong).toEqual([])
}

/** Requests that failed, of all, with when and how: empty in a good release. */
export function failuresOf(load: Load | undefined): readonly string[] {
  return (load?.failed() ?? []).map(
    ({ at, status, error, version }) => `${new Date(at).toISOString()} ${version} ${status} ${error}`,
  )
}

/** So many answers show who serves. */
const FEW = 5

/** The versions that answer what is sent from now on, sorted: of a few requests, however long those take. */
export async function servedNow(load: Load | undefined): Promise<readonly string[]> {
  if (load === undefined) throw new Error('nobody asks: the scene has no load')
  const from = performance.timeOrigin + performance.now()
  for (let left = 600; left > 0; left--) {
    const counts = load.counts(from)
    if (Object.values(counts).reduce((sum, count) => sum + count, 0) >= FEW) return Object.keys(counts).sort()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('nobody answered for half a minute')
}

/** The error annotations of a step that should have none. */
export function errorless(done: ActionResult): readonly string[] {
  return done.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
}
