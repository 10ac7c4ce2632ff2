import type { PhaseWords } from '../record/recorder.ts'

/** What the record says of a blue/green release's phases. */
export const SWITCH_PHASES: PhaseWords = {
  moving: ({ kind, text }) => {
    if (kind === 'switch') return text.toLowerCase()
    return kind === 'switch-back' ? 'switching back' : undefined
  },
  judging: (stage) => (stage === 'pre-switch' ? 'deployed: judging before the switch' : 'switched: soaking'),
}
