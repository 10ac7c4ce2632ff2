import type { Store, StoreEvent } from '../store.ts'

/** The last changes, which watches start from: a ring, as etcd keeps revisions until they are compacted. */
export class History {
  readonly #events: StoreEvent[] = []
  readonly #listeners = new Set<(event: StoreEvent) => void>()
  readonly #capacity: number
  #oldest: number
  readonly close: () => void

  constructor(store: Store, capacity = 10_000) {
    this.#capacity = capacity
    this.#oldest = store.resourceVersion
    this.close = store.subscribe((event) => {
      this.#events.push(event)
      if (this.#events.length > this.#capacity)
        this.#oldest = this.#events.shift()?.resourceVersion ?? this.#oldest
      for (const listener of [...this.#listeners]) listener(event)
    })
  }

  /** The oldest version that a watch can start from. */
  get oldest(): number {
    return this.#oldest
  }

  /** Everything after a version; undefined when that is too old to know. */
  since(resourceVersion: number): readonly StoreEvent[] | undefined {
    if (resourceVersion < this.#oldest) return undefined
    return this.#events.filter((event) => event.resourceVersion > resourceVersion)
  }

  /** Forgets everything up to now: watches that start from an older version are answered 410 Expired. */
  compact(): void {
    this.#oldest = this.#events.at(-1)?.resourceVersion ?? this.#oldest
    this.#events.length = 0
  }

  listen(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }
}
