import { canonical, suffix, timestamp } from '../names.ts'
import { EVENT, type Objects } from '../typed.ts'
import type { KubeObject } from '../store.ts'

export type EventType = 'Normal' | 'Warning'

/** Records events as a component of the cluster does: an event that repeats is counted, not written again. */
export class EventRecorder {
  readonly #objects: Objects
  readonly #known = new Map<string, string>()

  constructor(objects: Objects) {
    this.#objects = objects
  }

  record(
    component: string,
    about: KubeObject,
    type: EventType,
    reason: string,
    message: string,
    fieldPath?: string,
  ): void {
    const { namespace = 'default', name, uid, resourceVersion } = about.metadata
    const { apiVersion, kind } = about
    const key = canonical([uid, type, reason, message, fieldPath])
    const known = this.#known.get(key)
    const before = known === undefined ? undefined : this.#objects.get(EVENT, namespace, known)
    const now = timestamp()
    if (before !== undefined) {
      this.#objects.update(EVENT, { ...before, count: Number(before['count']) + 1, lastTimestamp: now })
      return
    }
    if (!this.#objects.isOpen(namespace)) return
    const event = this.#objects.create(EVENT, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace, name: `${name}.${Date.now().toString(16)}${suffix()}` },
      involvedObject: {
        apiVersion,
        kind,
        namespace,
        name,
        uid,
        resourceVersion,
        ...(fieldPath === undefined ? {} : { fieldPath }),
      },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      eventTime: null,
      source: { component, ...(component === 'kubelet' ? { host: 'lab' } : {}) },
      reportingComponent: component,
      reportingInstance: component === 'kubelet' ? 'lab' : '',
    })
    this.#known.set(key, event.metadata.name)
  }
}
