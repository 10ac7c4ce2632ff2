import { formatPercent } from '@release-actions/values'
import type { PhaseWords } from '../record/recorder.ts'

/** What the record says of a canary's phases: the share is what is there, which whole pods make more or less of a weight. */
export const CANARY_PHASES: PhaseWords = {
  moving: ({ kind, weight }) => {
    if (kind === 'promote-stable') return 'promoting'
    return kind === 'retreat-route' ? `canary ${formatPercent(weight)}: retreating` : undefined
  },
  judging: (stage, { weight }) =>
    stage === 'stable' ? 'promoting: judging the stable' : `canary ${formatPercent(weight)}: soaking`,
}
