import { FLUSH_MS } from '@release-actions/action-world'
import type { KubernetesRollback } from '@release-actions/kubernetes'
import type { LedgerEntry } from '@release-actions/ports'
import { entryOfRunning, isSameVersion, type ReleaseId } from '@release-actions/release'
import type { Asked } from './asked.ts'
import { isOwnRollback, type Target } from './choose.ts'
import { atLocation, locate } from './locate.ts'
import { openRollbackRecord, type RollbackRecord } from './record.ts'
import type { ServiceEnd } from './service-end.ts'

/** What the record is about, as far as the story has come. */
export interface Kept {
  readonly from: ReleaseId | undefined
  readonly target: Target | undefined
  /** undefined: the cluster has not been reached. */
  readonly world: KubernetesRollback | undefined
  /** The version that serves in the end, for people. */
  readonly restored: string | undefined
  /** This attempt has taken something back. */
  readonly changed: boolean
  /** An earlier attempt of this run has, and was not seen through. */
  readonly resumed: boolean
}

/** One service's rollback in the record: when it is opened, which Deployments were bad, and what it ends on. */
export class RecordKeeper {
  readonly #asked: Asked
  readonly #service: string
  readonly #bad = new Set<number>()
  readonly #record: RollbackRecord | undefined

  constructor(asked: Asked, service: string, warn: (text: string) => void) {
    this.#asked = asked
    this.#service = service
    this.#record = openRollbackRecord(asked, service, warn)
  }

  /** The Deployment of this rollback, once GitHub has answered. */
  get deployment(): number | undefined {
    return this.#record?.deployment
  }

  phase(description: string): void {
    this.#record?.phase(description)
  }

  /** That release is what is gone back from: its record fails when the rollback succeeds. */
  condemn(from: ReleaseId, target: Target | undefined): void {
    this.condemnDeployment(entryOfRunning(this.#entries(), from)?.id)
    if (target?.entry !== undefined && this.#isOwn(target.entry))
      this.condemnDeployment(target.entry.record.previous?.deployment)
  }

  condemnDeployment(id: number | undefined): void {
    if (id !== undefined) this.#bad.add(id)
  }

  /** It was not this run's to judge. */
  acquit(): void {
    this.#bad.clear()
  }

  /** Only what a record names is recorded: its commit is the rollback's. */
  open(
    { entry, version, digest, image }: Target,
    from: ReleaseId | undefined,
    { client, target: { workload, container } }: KubernetesRollback,
    template: string | undefined,
  ): void {
    if (entry === undefined || from === undefined || this.deployment !== undefined) return
    const { cluster, traffic } = entry.record.target
    this.#record?.open(entry, {
      release: { version, digest, image, template: template ?? '' },
      from,
      fromDeployment: entryOfRunning(this.#entries(), from)?.id,
      target: { cluster, traffic, namespace: client.namespace, workload, container },
    })
  }

  /** Writes the end, and waits until GitHub has it: shortly where the run was cancelled. */
  async end(decision: ServiceEnd['decision'], reason: string | undefined, kept: Kept): Promise<void> {
    if (decision === 'rolled-back' || decision === 'unchanged') this.#restored(kept)
    else if (decision !== 'planned') this.#failed(`${decision}: ${reason ?? 'not restored'}`, kept)
    await this.#record?.flush(this.#asked.kit.cancelled.aborted ? 1_000 : FLUSH_MS)
  }

  #restored({ from, target, world, restored, changed, resumed }: Kept): void {
    const entry = target?.entry
    const untold = changed || resumed || (entry !== undefined && this.#isOwn(entry) && !entry.verified)
    // Filed, and then somebody else's rollback was quicker: whether it is verified, that one says.
    if (!untold) return this.#record?.closed(`${restored ?? 'it'} was restored by another run`)
    // Ended by traffic alone, or by an earlier attempt that was killed: the record is opened only now.
    if (target !== undefined && world !== undefined) this.open(target, from, world, target.template)
    const bad = [...this.#bad].filter((id) => !this.#isOf(id, target) && !this.#hasFailed(id))
    this.#record?.done(bad, restored ?? '')
  }

  #failed(description: string, { from, target, world, resumed }: Kept): void {
    const entry = target?.entry
    // An earlier attempt's own record: this attempt has not got further, and it says so there.
    if (resumed && target !== undefined && entry?.record.kind === 'rollback' && world !== undefined)
      this.open(target, from, world, target.template)
    this.#record?.failed(description)
  }

  /** An earlier attempt of this run has filed it. */
  #isOwn(entry: LedgerEntry): boolean {
    return isOwnRollback(entry, this.#asked.kit.context.run)
  }

  /** Whatever was found to be bad: no record of the version that was restored is closed as a failure. */
  #isOf(id: number, target: Target | undefined): boolean {
    if (target === undefined) return false
    const entry = this.#entries().find((each) => each.id === id)
    return target.entry?.id === id || (entry !== undefined && isSameVersion(entry.record, target))
  }

  /** An earlier attempt has said it. */
  #hasFailed(id: number): boolean {
    return this.#entries().find((each) => each.id === id)?.state === 'failure'
  }

  #entries(): readonly LedgerEntry[] {
    const { record, connection } = this.#asked
    const entries = record.kind === 'read' ? (record.services.get(this.#service) ?? []) : []
    return atLocation(entries, locate(this.#asked, this.#service, entries), connection.cluster)
  }
}
