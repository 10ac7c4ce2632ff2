import type { Kit } from '@release-actions/action-kit'
import type { OpenGitHub } from '@release-actions/action-world'
import type { Http } from '@release-actions/http'
import type { Gate } from '@release-actions/judge'
import type { Connection } from '@release-actions/kubernetes'
import type { LedgerEntry } from '@release-actions/ports'
import type { ReleaseError } from '@release-actions/values'
import type { Attested } from './attested.ts'
import type { RollbackInputs } from './inputs.ts'
import type { Location } from './locate.ts'
import type { WantedHook } from './parse-hooks.ts'

/** What a step was asked for, and what all its services share. */
export interface Asked {
  readonly inputs: RollbackInputs
  readonly kit: Kit
  readonly http: Http
  readonly connection: Connection
  /** undefined: nothing is recorded. */
  readonly environment: string | undefined
  readonly github: OpenGitHub | undefined
  readonly gates: readonly Gate[]
  readonly hooks: readonly WantedHook[]
  readonly record: KnownRecord
  /** Several services: each line of the log says of which it is. */
  readonly several: boolean
  /** undefined: attestations are not required. */
  readonly attested: Attested | undefined
  /** For post, should this process be killed: where a service is that something is about to be changed of. */
  readonly remember: (service: string, location: Location) => void
}

/** What is known of the releases of the environment. */
export type KnownRecord =
  | {
      readonly kind: 'read'
      /** By service, the newest first. */
      readonly services: ReadonlyMap<string, readonly LedgerEntry[]>
      /** Whose record cannot be understood: those are left as they are. */
      readonly refused: ReadonlyMap<string, ReleaseError>
    }
  /** The cluster has to do; `why` as the end of a sentence. */
  | { readonly kind: 'away'; readonly why: string }
