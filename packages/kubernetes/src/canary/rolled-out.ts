import type { Deployment } from '../objects.ts'

/** The controller has seen the current spec, and all desired pods are of its template and available. */
export function isRolledOut({ metadata = {}, spec, status = {} }: Deployment): boolean {
  const desired = spec?.replicas ?? 1
  return (
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    (status.replicas ?? 0) === desired &&
    (status.updatedReplicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) === desired
  )
}
