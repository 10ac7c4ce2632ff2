import type { Kit } from '@release-actions/action-kit'

// What main leaves for post. The cluster says how far main got; this says whether post has to look at all.

/** Something may have been changed. */
const TOUCHED = 'touched'
/** The step ended by itself: nothing is left to complete. */
const FINISHED = 'finished'

export function touched({ state }: Pick<Kit, 'state'>): void {
  state.save(TOUCHED, 'true')
}

export function finished({ state }: Pick<Kit, 'state'>): void {
  state.save(FINISHED, 'true')
}

/** For post: main was cancelled or killed in the middle. */
export function isUnfinished({ state }: Pick<Kit, 'state'>): boolean {
  return state.read(TOUCHED) === 'true' && state.read(FINISHED) !== 'true'
}
