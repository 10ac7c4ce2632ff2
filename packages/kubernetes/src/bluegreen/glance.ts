import type { BlueGreenGlance, ClaimSight } from '@release-actions/release'
import { isRolledOut } from '../canary/rolled-out.ts'
import type { Autoscaler, Deployment, DisruptionBudget } from '../objects.ts'
import { followings } from './followers.ts'
import { templateOf } from './template-of.ts'
import type { ColorStanding } from './standing.ts'

export interface GlanceOptions {
  readonly standing: ColorStanding
  readonly workload: string
  /** The Service that the switch itself changes. */
  readonly switching: string | undefined
  readonly autoscalers: readonly Autoscaler[]
  readonly budgets: readonly DisruptionBudget[]
  readonly claim: ClaimSight
  readonly now: number
}

/**
 * What tells whether there is anything to do. Pods and endpoints are not asked for: what is named, whole and available
 * has its endpoints; that nobody else has any is what the name means.
 */
export function glanceAt(options: GlanceOptions): BlueGreenGlance {
  const { standing, workload, autoscalers, budgets, claim, now } = options
  const { colors, serves, services, deployment } = standing
  const available = serves === 'own' ? 0 : (colors[serves]?.status?.availableReplicas ?? 0)
  return {
    now,
    claim,
    blue: told(colors.blue),
    green: told(colors.green),
    switch: { to: serves, endpoints: { own: 0, blue: 0, green: 0, [serves]: available } },
    // A PDB that somebody applies server-side is left alone, here as there.
    followers: followings({
      workload,
      labels: deployment.spec?.template.metadata?.labels ?? {},
      autoscalers,
      budgets,
      services: services.filter(({ metadata }) => metadata?.name !== options.switching),
    })
      .filter(({ kind, applier }) => kind !== 'PodDisruptionBudget' || applier === undefined)
      .map(({ object, to }) => ({ object, to })),
  }
}

function told(color: Deployment | undefined): BlueGreenGlance['blue'] {
  return color === undefined ? undefined : { template: templateOf(color), settled: isRolledOut(color) }
}
