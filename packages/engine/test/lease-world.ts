import type { Claims, Gates, GateStage, WindowVerdict } from '@release-actions/ports'
import { EMPTY_LEASE_STATE, type ClaimSight, type LeaseState, type RunId } from '@release-actions/release'
import { Conflict, Superseded } from '@release-actions/values'
import { VirtualClock } from './clock.ts'

// What every world in memory has behind the engine's ports: time, a Lease, fences, gates, and a record of every call.

export const CALL_MS = 5

/** A process that was killed: no error that anybody handles. */
export class Killed extends Error {}

/** Who a process is; a killed one holds its claim until it expires. */
export interface Holder {
  readonly run: RunId
  alive: boolean
  since: number
}

/** How the world answers; kind, unless a test says otherwise. */
export interface Nature<Stage extends GateStage> {
  /** Told of every call: `shift 25`, `read lease`. What it throws, the caller gets, and nothing is done. */
  before: (call: string) => void
  /** The same, once it is done. */
  after: (call: string) => void
  verdict: (stage: Stage) => WindowVerdict
}

export abstract class LeaseWorld<Stage extends GateStage> {
  readonly clock = new VirtualClock((ms) => this.serve(ms))
  abstract readonly nature: Nature<Stage>
  /** Every call that changed something, by name. */
  readonly writes: string[] = []
  /** What must never happen, and did. */
  readonly violations: string[] = []
  /** Guards that watch the Lease, and windows that are open. */
  readonly open = { guards: 0, windows: 0 }
  holder: Holder | undefined
  fence = 0
  state: LeaseState = EMPTY_LEASE_STATE

  protected readonly stamps = new Map<string, number>()
  private lost = new AbortController()
  private deleted = false

  /** Requests that come while time passes. */
  protected abstract serve(ms: number): void

  /** A process comes. What a killed one before it held has expired by now. */
  protected enter(run: RunId): Holder {
    const holder: Holder = { run, alive: true, since: 0 }
    if (this.holder?.alive === false) this.holder = undefined
    this.lost = new AbortController()
    return holder
  }

  /** Another process takes the Lease. */
  steal(run: RunId): void {
    this.holder = { run, alive: true, since: this.clock.now() }
    this.fence++
    this.lost.abort()
  }

  /** Somebody deletes the Lease; nobody takes it. */
  deleteLease(): void {
    this.holder = undefined
    this.deleted = true
    this.state = EMPTY_LEASE_STATE
    this.lost.abort()
    this.lost = new AbortController()
  }

  /** The holder of the newest fence puts it on an object. */
  overtake(object: string): void {
    this.stamps.set(object, this.fence)
  }

  protected async reads<T>(name: string, what: () => T): Promise<T> {
    this.clock.pass(CALL_MS)
    await Promise.resolve()
    this.nature.before(name)
    return what()
  }

  protected async does(name: string, what: () => void): Promise<void> {
    this.clock.pass(CALL_MS)
    await Promise.resolve()
    this.nature.before(name)
    what()
    this.writes.push(name)
    this.nature.after(name)
  }

  /** A patch of an object that was stamped with this fence, by a process that has not been overtaken. */
  protected patches(name: string, object: string, fence: number, what: () => void): Promise<void> {
    return this.does(name, () => {
      const stamp = this.stamps.get(object)
      if (stamp !== undefined && stamp > fence) throw new Conflict(`the fence on ${object} is ${stamp} now`)
      if (stamp !== fence) this.violations.push(`${name} while ${object} does not carry the fence ${fence}`)
      what()
    })
  }

  protected unstamped(...objects: readonly string[]): readonly string[] {
    return objects.filter((object) => this.stamps.get(object) !== this.fence)
  }

  /** No process that was overtaken puts its older fence over a newer one. */
  protected stamp(object: string, fence: number): Promise<void> {
    return this.does(`stamp ${object}`, () => {
      const stamp = this.stamps.get(object) ?? 0
      if (stamp > fence) throw new Conflict(`the fence on ${object} is ${stamp} now`)
      this.stamps.set(object, fence)
    })
  }

  protected claims(me: Holder): Claims {
    let had = false
    return {
      read: () =>
        this.reads('read lease', (): ClaimSight => {
          const { holder, fence, state } = this
          if (holder === me) return { kind: 'ours', fence, since: me.since, state }
          if (had && !this.deleted) return { kind: 'lost', to: holder?.run, state }
          return holder === undefined ? { kind: 'free', state } : { kind: 'held', by: holder.run, state }
        }),
      take: async () => {
        await this.does('take lease', () => {
          had = true
          this.deleted = false
          me.since = this.clock.now()
          this.holder = me
          this.fence++
        })
        return { fence: this.fence }
      },
      write: (change) =>
        this.does('write lease', () => {
          if (this.holder !== me) throw new Superseded('the Lease is held by another')
          this.state = change(this.state)
        }),
      release: () => {
        if (this.holder === me && me.alive) this.holder = undefined
        return Promise.resolve()
      },
      guard: () => {
        this.open.guards++
        return { lost: this.lost.signal, stop: () => void this.open.guards-- }
      },
    }
  }

  protected gates(): Gates<Stage> {
    return {
      open: (stage, soak) => {
        const begin = this.clock.now()
        let due = begin
        let rounds = 0
        this.open.windows++
        return {
          nextRoundIn: () => due - this.clock.now(),
          round: (signal) => {
            due = this.clock.now() + 10_000
            rounds++
            return this.clock.sleep(20, signal)
          },
          verdict: () => {
            const verdict = this.nature.verdict(stage)
            if (rounds === 0) return { kind: 'judging' }
            const over = this.clock.now() >= begin + soak
            return verdict.kind === 'pass' && !over ? { kind: 'judging' } : verdict
          },
          close: () => {
            this.open.windows--
            return Promise.resolve()
          },
        }
      },
    }
  }
}
