/** What goes wrong, by order. */
export interface RegistryFault {
  readonly method?: string
  /** Of the path. */
  readonly path: RegExp
  /** How many requests it befalls; then it is over. Default 1. */
  readonly times?: number
  /** Lets so many pass before. Default 0. */
  readonly after?: number
  readonly then:
    | {
        readonly status: number
        readonly headers?: Readonly<Record<string, string>>
        readonly body?: string
        /** The request takes effect all the same. */
        readonly done?: true
      }
    /** The connection breaks once so many bytes of the body have come. */
    | { readonly dropAfter: number }
}

export class RegistryFaults {
  readonly #ordered: { readonly fault: RegistryFault; seen: number }[] = []

  order(fault: RegistryFault): void {
    this.#ordered.push({ fault, seen: 0 })
  }

  next(method: string, path: string): RegistryFault['then'] | undefined {
    for (const entry of this.#ordered) {
      const { fault } = entry
      if ((fault.method ?? method) !== method || !fault.path.test(path)) continue
      entry.seen++
      const { after = 0, times = 1 } = fault
      if (entry.seen > after && entry.seen <= after + times) return fault.then
    }
    return undefined
  }
}
