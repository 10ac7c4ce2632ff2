/** Milliseconds after which to look at the same object again; nothing when only a change is a reason to. */
export type LookAgain = number | undefined

/** Names an object of one kind. */
export interface Key {
  readonly namespace: string | undefined
  readonly name: string
}

/**
 * A controller's work: objects to look at. An object that is named several times before its turn is looked at once,
 * in a later turn of the event loop than the change, as informers do.
 */
export class WorkQueue {
  readonly #reconcile: (key: Key) => LookAgain
  readonly #onError: (error: unknown) => void
  readonly #waiting = new Map<string, Key>()
  readonly #timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly at: number }>()
  #turn: NodeJS.Immediate | undefined
  #closed = false

  constructor(reconcile: (key: Key) => LookAgain, onError: (error: unknown) => void) {
    this.#reconcile = reconcile
    this.#onError = onError
  }

  add(namespace: string | undefined, name: string): void {
    if (this.#closed) return
    this.#waiting.set(`${namespace ?? ''}/${name}`, { namespace, name })
    this.#turn ??= setImmediate(() => this.#work())
  }

  #addLater({ namespace, name }: Key, ms: number): void {
    const id = `${namespace ?? ''}/${name}`
    const at = Date.now() + ms
    const before = this.#timers.get(id)
    if (before !== undefined && before.at <= at) return
    clearTimeout(before?.timer)
    const timer = setTimeout(() => {
      this.#timers.delete(id)
      this.add(namespace, name)
    }, ms)
    this.#timers.set(id, { timer, at })
  }

  #work(): void {
    this.#turn = undefined
    const keys = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const key of keys) {
      if (this.#closed) return
      try {
        const again = this.#reconcile(key)
        if (again !== undefined) this.#addLater(key, again)
      } catch (error) {
        this.#onError(error)
      }
    }
  }

  close(): void {
    this.#closed = true
    if (this.#turn !== undefined) clearImmediate(this.#turn)
    for (const { timer } of this.#timers.values()) clearTimeout(timer)
  }
}
