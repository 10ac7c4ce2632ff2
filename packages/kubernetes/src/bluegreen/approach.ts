import type { ClaimSight, Owner } from '@release-actions/release'
import type { Goal } from '../canary/goal.ts'
import { isRolledOut } from '../canary/rolled-out.ts'
import { templateHash } from '../canary/template-hash.ts'
import { reach, type ReachOptions } from '../reach.ts'
import type { KubernetesBlueGreen } from './open.ts'
import { templateOf } from './sight.ts'
import { type ColorTargetOptions, findColorStanding } from './standing.ts'

export interface BlueGreenOptions extends Omit<ColorTargetOptions, 'client'>, ReachOptions {}

/** The little of a BlueGreenSight that tells whether there is anything to do: cheaper to read than the whole. */
export interface SwitchGlance {
  readonly now: number
  readonly claim: ClaimSight
  /** Who serves, what of, and whether it is whole. */
  readonly live: { readonly owner: Owner; readonly template: string; readonly settled: boolean }
}

/** A workload that has been found; whether a release has anything to do there can be told with few questions. */
export interface BlueGreenApproach {
  readonly namespace: string
  /** The one that carries the version. */
  readonly container: string
  /** undefined: nothing is to be released. */
  readonly goal: Goal | undefined
  /** What was asked beside the first look. @throws ReleaseError */
  glance(): Promise<SwitchGlance>
  /** Everything that a release touches: loaded and found only now. @throws NotFound, InvalidInput, Forbidden */
  open(): Promise<KubernetesBlueGreen>
}

/**
 * The first look at a workload: reads only, and only what tells whether it is already what it should be.
 * @throws NotFound, InvalidInput, Forbidden, Unreachable
 */
export async function approachBlueGreen(options: BlueGreenOptions): Promise<BlueGreenApproach> {
  const { client, claims } = reach(options)
  // Asked beside the first questions: for a finished step its answer is all that is missing.
  const early = claims.read()
  early.catch(() => undefined) // said by whoever waits for it, if anybody does
  const standing = await findColorStanding({ ...options, client })
  const { serves, own, colors, container, goal } = standing
  return {
    namespace: client.namespace,
    container,
    goal,
    async glance() {
      const claim = await early
      const live = serves === 'own' ? own : colors[serves]
      const template =
        live === undefined ? '' : serves === 'own' ? templateHash(live.spec?.template) : templateOf(live)
      const settled = live !== undefined && isRolledOut(live)
      return { now: options.clock.now(), claim, live: { owner: serves, template, settled } }
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
