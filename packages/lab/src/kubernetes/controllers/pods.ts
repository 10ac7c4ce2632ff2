import { conditionOf, isTrue } from '../conditions.ts'
import { contentHash, suffix } from '../names.ts'
import type { Pod, PodTemplate } from '../objects.ts'
import { qosClass } from '../kubelet/status.ts'
import type { KubeObject } from '../store.ts'
import { POD } from '../typed.ts'
import { controllerReference, type Tools } from './controller.ts'
import { quotaAgainst } from './quota.ts'
import { copyOf } from '../json.ts'

/** Neither ended nor on its way out. */
export function isActive({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed'
  )
}

export function isReady(pod: Pod): boolean {
  return isTrue(pod.status?.conditions, 'Ready')
}

/**
 * Milliseconds until a ready pod counts as available; 0 when it does, undefined while it is not ready.
 */
export function untilAvailable(pod: Pod, minReadySeconds: number): number | undefined {
  if (!isReady(pod)) return undefined
  const since = Date.parse(conditionOf(pod.status?.conditions, 'Ready')?.lastTransitionTime ?? '')
  return minReadySeconds === 0 ? 0 : Math.max(since + minReadySeconds * 1000 - Date.now(), 0)
}

/** A pod of a controller, or why the API server would not let it be made. */
export type Created = { readonly pod: Pod } | { readonly refused: string }

/**
 * Makes a pod from a template, with a generated name and the controller's reference.
 * Records SuccessfulCreate or FailedCreate on the owner, as every workload controller does.
 */
export function createPod(
  { objects, events }: Tools,
  owner: KubeObject,
  template: PodTemplate,
  component: string,
  labels = {},
): Created {
  const { namespace = 'default' } = owner.metadata
  const generateName = `${owner.metadata.name}-`
  const name = `${generateName}${suffix()}`
  const refused = quotaAgainst(objects, namespace, name, template.spec)
  if (refused !== undefined) {
    events.record(component, owner, 'Warning', 'FailedCreate', `Error creating: ${refused}`)
    return { refused }
  }
  const { spec, metadata = {} } = copyOf(template)
  const pod = objects.create(POD, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      generateName,
      namespace,
      ...metadata,
      labels: { ...labels, ...metadata.labels },
      ownerReferences: [controllerReference(owner)],
    },
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      serviceAccountName: 'default',
      ...spec,
    },
    status: { phase: 'Pending', qosClass: qosClass(spec) },
  })
  events.record(component, owner, 'Normal', 'SuccessfulCreate', `Created pod: ${name}`)
  return { pod }
}

/** The label that keeps the pods of a Deployment's ReplicaSets apart. */
export const TEMPLATE_HASH = 'pod-template-hash'

/** The hash of a template, other on each collision. */
export function templateHash(template: PodTemplate, collisions: number): string {
  return contentHash([template, collisions])
}
