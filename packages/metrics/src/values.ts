import { formatWindow, type TemplateValues } from '@release-actions/judge'
import type { Track } from '@release-actions/ports'
import type { Look, MetricsWorld } from './source.ts'

/** The template values of a track at a look. `pods` only where a query needs it. */
export function valuesFor(
  world: MetricsWorld,
  track: Track,
  look: Pick<Look, 'elapsed'>,
  pods = '',
): TemplateValues {
  return {
    ...world.names(track),
    namespace: world.namespace,
    track,
    pods,
    window: formatWindow(look.elapsed),
  }
}
