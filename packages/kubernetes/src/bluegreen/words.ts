import type { Words } from '../canary/refusals.ts'

/** How a blue/green release calls what it does. */
export const COLOR_WORDS: Words = {
  both: 'both colours',
  newcomer: 'the other colour',
  present: 'the one that serves',
  early: 'before the switch',
  leaving: 'when the old colour is scaled down',
  undone: 'that it follows the colour that serves',
}
