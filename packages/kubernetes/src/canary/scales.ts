import type { Autoscaler } from '../objects.ts'

/** Whether it decides on the replicas of the workload, however it is called itself. */
export function scales({ spec }: Autoscaler, workload: string): boolean {
  const target = spec?.scaleTargetRef
  return target?.kind === 'Deployment' && target.name === workload
}
