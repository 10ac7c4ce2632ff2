import { isWrite, type ApiRequest, type Verb } from './api/request.ts'

/** Which requests a fault is for. Every property that is given must fit. */
export interface FaultMatch {
  readonly verb?: Verb | readonly Verb[]
  readonly group?: string
  /** `deployments`, or with its subresource `deployments/scale`; `deployments` alone fits both. */
  readonly resource?: string
  readonly namespace?: string
  readonly name?: string | RegExp
  readonly user?: string
  readonly when?: (request: ApiRequest) => boolean
}

export type FaultEffect =
  /** Answers without doing anything. `retryAfter` in seconds. */
  | {
      readonly kind: 'status'
      readonly code: 403 | 409 | 429 | 500 | 503 | (number & {})
      readonly message?: string
      readonly retryAfter?: number
    }
  /** Waits, in milliseconds, then goes on. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Closes the connection before anything is done. */
  | { readonly kind: 'drop-before' }
  /** Does it, then closes the connection without an answer: the client cannot know. */
  | { readonly kind: 'drop-after' }
  /** Does it, and answers 200 with something that is not JSON, or with nothing. */
  | { readonly kind: 'garbage'; readonly body?: string }
  /** Neither does it nor answers, until {@link Faults.thaw} or the end. */
  | { readonly kind: 'freeze' }
  /** Ends a watch after so many milliseconds, without a word. */
  | { readonly kind: 'cut'; readonly afterMs: number }

export interface FaultOptions {
  /** How often it strikes; 1 unless said, Infinity for always. */
  readonly times?: number
  /** How many matching requests pass before it strikes; 0 unless said. */
  readonly after?: number
}

/** An ordered fault. */
export interface Order {
  /** How often it has struck. */
  readonly hits: number
  cancel(): void
}

/** Called around each write: `index` counts the writes from 0. A promise is waited for. */
export type WriteHook = (
  request: ApiRequest,
  phase: 'before' | 'after',
  index: number,
) => void | Promise<void>

interface Standing {
  readonly match: FaultMatch
  readonly effect: FaultEffect
  pass: number
  left: number
  hits: number
}

/** What a test orders to go wrong. */
export class Faults {
  readonly #standing = new Set<Standing>()
  readonly #hooks = new Set<WriteHook>()
  readonly #watches = new Map<() => void, ApiRequest>()
  #thaw: (() => void)[] = []
  #writes = 0

  order(match: FaultMatch, effect: FaultEffect, options: FaultOptions = {}): Order {
    const standing: Standing = { match, effect, pass: options.after ?? 0, left: options.times ?? 1, hits: 0 }
    this.#standing.add(standing)
    return {
      get hits() {
        return standing.hits
      },
      cancel: () => {
        this.#standing.delete(standing)
      },
    }
  }

  /** Calls `hook` before and after each write takes effect. @returns takes the hook away */
  onWrite(hook: WriteHook): () => void {
    this.#hooks.add(hook)
    return () => {
      this.#hooks.delete(hook)
    }
  }

  /** Closes the watches that are open now. @returns how many */
  cutWatches(match: FaultMatch = {}): number {
    const open = [...this.#watches].filter(([, request]) => fits(match, request))
    for (const [close] of open) close()
    return open.length
  }

  /** Lets go of what `freeze` holds: those requests are then done and answered. */
  thaw(): void {
    const frozen = this.#thaw
    this.#thaw = []
    for (const go of frozen) go()
  }

  /** Takes all faults and hooks away, and thaws. */
  clear(): void {
    this.#standing.clear()
    this.#hooks.clear()
    this.thaw()
  }

  /** For the server: the faults that strike this request, counted. */
  strike(request: ApiRequest): FaultEffect[] {
    const effects: FaultEffect[] = []
    for (const standing of this.#standing) {
      if (standing.left <= 0 || !fits(standing.match, request)) continue
      if (standing.pass > 0) {
        standing.pass -= 1
        continue
      }
      standing.left -= 1
      standing.hits += 1
      effects.push(standing.effect)
    }
    return effects
  }

  /** For the server: resolves when the test thaws. */
  frozen(): Promise<void> {
    return new Promise((resolve) => this.#thaw.push(resolve))
  }

  /** For the server: runs `write` between the hooks. */
  async around<T>(request: ApiRequest, write: () => T | Promise<T>): Promise<T> {
    if (!isWrite(request)) return write()
    const index = this.#writes++
    for (const hook of [...this.#hooks]) await hook(request, 'before', index)
    try {
      return await write()
    } finally {
      for (const hook of [...this.#hooks]) await hook(request, 'after', index)
    }
  }

  /** For the server: a watch is open; `close` cuts it. @returns to be called when it has ended */
  watching(request: ApiRequest, close: () => void): () => void {
    this.#watches.set(close, request)
    return () => {
      this.#watches.delete(close)
    }
  }
}

function fits(match: FaultMatch, request: ApiRequest): boolean {
  const { target } = request
  const { verb, group, resource, namespace, name, user, when } = match
  const [wanted, subresource] = (resource ?? '').split('/')
  if (verb !== undefined && !(typeof verb === 'string' ? [verb] : verb).includes(request.verb)) return false
  if (group !== undefined && target?.group !== group) return false
  if (resource !== undefined && target?.resource !== wanted) return false
  if (subresource !== undefined && target?.subresource !== subresource) return false
  if (namespace !== undefined && target?.namespace !== namespace) return false
  if (typeof name === 'string' && target?.name !== name) return false
  if (name instanceof RegExp && !name.test(target?.name ?? '')) return false
  if (user !== undefined && request.user.name !== user) return false
  return when === undefined || when(request)
}
