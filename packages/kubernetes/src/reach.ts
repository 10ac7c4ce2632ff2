import type { Http } from '@release-actions/http'
import type { Clock } from '@release-actions/ports'
import type { Milliseconds } from '@release-actions/values'
import { createClaims, type KubernetesClaims } from './claims.ts'
import { createClient, type Client } from './client.ts'
import type { Connection } from './config/connection.ts'
import type { RoleRule } from './role.ts'

/** What every release needs in order to reach its cluster. */
export interface ReachOptions {
  readonly http: Http
  readonly clock: Clock
  readonly connection: Connection
  readonly workload: string
  /** Default: that of the kubeconfig's context, else `default`. */
  readonly namespace?: string | undefined
  /** Different for every process. */
  readonly nonce: string
  readonly leaseDuration?: Milliseconds
  /** Aborts on the runner's signal: then the claim is let go in a second, or left to expire. */
  readonly cancelled: AbortSignal | undefined
  /** How long a router may follow its old configuration after accepting a new one. Default 5 s. */
  readonly settle?: Milliseconds | undefined
  /** What preflight proves besides: `gates` where they go through the proxies, `hooks`. */
  readonly uses?: readonly RoleRule['when'][]
}

/** The API of the namespace, and the workload's Lease. Asks nothing yet. */
export function reach(options: ReachOptions): { readonly client: Client; readonly claims: KubernetesClaims } {
  const { http, clock, connection, workload } = options
  const namespace = options.namespace ?? connection.namespace ?? 'default'
  const client = createClient({ http, connection, namespace, clock })
  const claims = createClaims({
    client,
    clock,
    workload,
    nonce: options.nonce,
    cancelled: options.cancelled,
    ...(options.leaseDuration !== undefined && { leaseDuration: options.leaseDuration }),
  })
  return { client, claims }
}
