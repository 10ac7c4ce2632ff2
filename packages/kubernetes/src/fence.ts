import { Conflict, NotFound, Superseded } from '@release-actions/values'
import type { Client } from './client.ts'
import { type JsonPatch, type JsonPatchOperation, pointer, sameVersion } from './json-patch.ts'
import { fenceKey, OWNER } from './names.ts'
import type { Kind, Kinds, ObjectMeta } from './objects.ts'

/**
 * The fence of one workload's Lease on an object that a release changes. A claim raises it, stamps it on everything,
 * and every later write tests it: whoever lost the claim changes nothing any more.
 */
export interface Fence {
  of(meta: ObjectMeta | undefined): number | undefined
  /** @throws Conflict when the object changed meanwhile; Superseded when a later claim has stamped it */
  stamp(kind: Kind, name: string, fence: number): Promise<void>
  /** A patch that holds only under this fence. @throws Conflict, Superseded */
  patch<K extends Kind>(kind: K, name: string, fence: number, patch: JsonPatch): Promise<Kinds[K]>
  /**
   * Deletes what a release of this workload made, as it was found just now: one that a later claim has stamped, or
   * stamps before the delete arrives, stays. Does nothing when there is none, or it is nobody's of ours.
   * @throws Conflict, Superseded
   */
  remove(kind: 'Deployment' | 'Service', name: string, fence: number): Promise<void>
  /** What to put on an object that we create. */
  annotation(fence: number): Readonly<Record<string, string>>
}

export function createFence(client: Client, workload: string): Fence {
  const key = fenceKey(workload)
  const path = pointer('metadata', 'annotations', key)
  const of = (meta: ObjectMeta | undefined): number | undefined => {
    const text = meta?.annotations?.[key]
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
  }

  function refuseLater(kind: Kind, name: string, meta: ObjectMeta | undefined, fence: number): void {
    if ((of(meta) ?? 0) <= fence) return
    const object = `${kind} ${client.namespace}/${name}`
    throw new Superseded(
      `${object} has been taken over by a later claim (fence ${of(meta)}, ours is ${fence})`,
      { object },
    )
  }

  return {
    of,
    annotation: (fence) => ({ [key]: String(fence) }),
    async stamp(kind, name, fence) {
      for (let attempt = 1; ; attempt++) {
        const { metadata } = await read(client, kind, name)
        refuseLater(kind, name, metadata, fence)
        if (of(metadata) === fence) return
        const stamped = annotating(metadata, key, String(fence))
        try {
          await client.patch(kind, name, [sameVersion(metadata?.resourceVersion), ...stamped])
          return
        } catch (error) {
          // A controller wrote the status between our look and our write: that is no reason not to stamp.
          if (!(error instanceof Conflict) || attempt >= 10) throw error
        }
      }
    },
    async patch(kind, name, fence, patch) {
      try {
        return await client.patch(kind, name, [{ op: 'test', path, value: String(fence) }, ...patch])
      } catch (error) {
        if (error instanceof Conflict)
          refuseLater(kind, name, (await read(client, kind, name)).metadata, fence)
        throw error
      }
    },
    async remove(kind, name, fence) {
      const { metadata } = (await client.find(kind, name)) ?? {}
      const { uid, resourceVersion, deletionTimestamp } = metadata ?? {}
      if (metadata?.annotations?.[OWNER] !== workload || deletionTimestamp !== undefined) return
      refuseLater(kind, name, metadata, fence)
      // A delete cannot test a stamp; but whoever stamps the object changes its version.
      await client.delete(kind, name, {
        ...(uid !== undefined && { uid }),
        ...(resourceVersion !== undefined && { resourceVersion }),
      })
    },
  }
}

/** The Role lets us list autoscalers and budgets, and not get one. */
async function read<K extends Kind>(client: Client, kind: K, name: string): Promise<Kinds[K]> {
  if (kind !== 'HorizontalPodAutoscaler' && kind !== 'PodDisruptionBudget') return client.get(kind, name)
  const [found] = (await client.list(kind, { fields: `metadata.name=${name}` })).items
  if (found !== undefined) return found
  throw new NotFound(`${kind} ${client.namespace}/${name} does not exist`)
}

/** Sets one annotation, also on an object that has none yet. */
export function annotating(
  meta: ObjectMeta | undefined,
  key: string,
  value: string,
): readonly JsonPatchOperation[] {
  const none = meta?.annotations === undefined
  return [
    ...(none ? [{ op: 'add', path: '/metadata/annotations', value: {} } as const] : []),
    { op: 'add', path: pointer('metadata', 'annotations', key), value },
  ]
}
