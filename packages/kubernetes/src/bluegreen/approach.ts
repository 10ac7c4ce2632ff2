import type { BlueGreenGlance } from '@release-actions/release'
import type { Goal } from '../canary/goal.ts'
import { loadHashing } from '../canary/template-hash.ts'
import { reach, type ReachOptions } from '../reach.ts'
import { glanceAt } from './glance.ts'
import type { KubernetesBlueGreen } from './open.ts'
import { type ColorTargetOptions, findColorStanding } from './standing.ts'

export interface BlueGreenOptions extends Omit<ColorTargetOptions, 'client'>, ReachOptions {}

/** A workload that has been found; whether a release has anything to do there can be told with few questions. */
export interface BlueGreenApproach {
  readonly namespace: string
  /** The one that carries the version. */
  readonly container: string
  /** undefined: nothing is to be released. */
  readonly goal: Goal | undefined
  /** What was asked beside the first look. @throws ReleaseError */
  glance(): Promise<BlueGreenGlance>
  /** Everything that a release touches: loaded and found only now. @throws NotFound, InvalidInput, Forbidden */
  open(): Promise<KubernetesBlueGreen>
}

/**
 * The first look at a workload: reads only, and only what tells whether it is already what it should be.
 * @throws NotFound, InvalidInput, Forbidden, Unreachable
 */
export async function approachBlueGreen(options: BlueGreenOptions): Promise<BlueGreenApproach> {
  const { client, claims } = reach(options)
  // Asked beside the first questions: for a finished step their answers are all that is missing.
  const services = client.list('Service').then(({ items }) => items)
  const early = Promise.all([
    claims.read(),
    client.list('HorizontalPodAutoscaler'),
    client.list('PodDisruptionBudget'),
  ])
  for (const each of [services, early]) each.catch(() => undefined) // said by whoever waits for it, if anybody does
  loadHashing()
  const standing = await findColorStanding({ ...options, client }, services)
  const { container, goal } = standing
  return {
    namespace: client.namespace,
    container,
    goal,
    async glance() {
      const [claim, autoscalers, budgets] = await early
      return glanceAt({
        standing,
        workload: options.workload,
        switching: options.traffic.kind === 'service' ? options.traffic.name : undefined,
        autoscalers: autoscalers.items,
        budgets: budgets.items,
        claim,
        now: options.clock.now(),
      })
    },
    open: async () => (await import('./open.ts')).blueGreenOf(options, { client, claims, standing }),
  }
}

/**
 * Everything that a release touches, also where it may turn out that there is nothing to do; reads only.
 * @throws NotFound, InvalidInput, Forbidden, Unreachable
 */
export async function openBlueGreen(options: BlueGreenOptions): Promise<KubernetesBlueGreen> {
  return (await approachBlueGreen(options)).open()
}
