import type { PhaseWords } from '../record/recorder.ts'

/** What the record says of a canary's phases. */
export const CANARY_PHASES: PhaseWords = {
  moving: ({ kind, weight }) => {
    if (kind === 'promote-stable') return 'promoting'
    return kind === 'retreat-route' ? `canary ${weight} %: retreating` : undefined
  },
  judging: (stage) => (stage === 'stable' ? 'promoting: judging the stable' : `canary ${stage} %: soaking`),
}
