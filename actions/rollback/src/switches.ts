import type { JournalEntry } from '@release-actions/engine'
import type { RollbackSurvey } from '@release-actions/kubernetes'
import type { AbortGoal, Switching, Way } from '@release-actions/release'
import { ReleaseError } from '@release-actions/values'
import type { Asked } from './asked.ts'
import type { Target } from './choose.ts'
import type { Location } from './locate.ts'
import type { Part } from './part.ts'

interface Told {
  moving(entry: JournalEntry): void
  tell(text: string): void
}

/** Ends the blue/green release that is under way, whoever works on it. */
export function endSwitch(
  _asked: Asked,
  _goal: AbortGoal,
  _switching: Switching,
  _location: Location,
  _listener: Told,
): Promise<Part> {
  throw new ReleaseError('invalid-input', 'a blue/green release is not ended yet')
}

/** Back to the other colour: one patch where it is warm. */
export function switchTo(
  _asked: Asked,
  _way: Extract<Way, { kind: 'switch' }>,
  _target: Target,
  _survey: RollbackSurvey,
  _location: Location,
  _listener: Told,
): Promise<Part> {
  throw new ReleaseError('invalid-input', 'blue/green is not switched back yet')
}
