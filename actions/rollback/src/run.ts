import type { Kit } from '@release-actions/action-kit'
import {
  connectCluster,
  environmentOf,
  finished,
  httpOf,
  isUnfinished,
  openGitHub,
  type OpenGitHub,
} from '@release-actions/action-world'
import type { Http } from '@release-actions/http'
import type { Connection } from '@release-actions/kubernetes'
import { messageOf, NotFound } from '@release-actions/values'
import type { Asked, KnownRecord } from './asked.ts'
import { servicesOf } from './check-inputs.ts'
import type { RollbackInputs } from './inputs.ts'
import type { Location } from './locate.ts'

/**
 * Reads the record, takes every service back side by side, and says what became of each.
 */
export async function run(inputs: RollbackInputs, kit: Kit): Promise<void> {
  if (kit.post) return isUnfinished(kit) ? (await import('./post.ts')).complete(inputs, kit) : undefined
  const environment = environmentOf(inputs)
  const wanted = servicesOf(inputs)
  const [{ chooseGates }, { parseHooks }] = await Promise.all([
    import('./gates.ts'),
    import('./parse-hooks.ts'),
  ])
  const [gates, hooks] = await Promise.all([
    chooseGates(inputs, kit.context.workspace),
    parseHooks('hooks', inputs.hooks),
  ])
  const http = httpOf(kit)
  try {
    const connection = await connectCluster(inputs, kit)
    const github =
      inputs.record && environment !== undefined ? await openGitHub(inputs.token, kit, http) : undefined
    const reading = recordOf(github, environment, wanted, kit, inputs.abort)
    // Needed whatever the record says, and loaded while GitHub answers.
    const parts = new Promise((resolve) => setImmediate(resolve)).then(() =>
      Promise.all([import('./take-back.ts'), import('./tell.ts')]),
    )
    const record = await reading
    const services = wanted === 'all' ? await allServices(record, inputs, kit, http, connection) : wanted
    if (wanted === 'all')
      kit.log.line(`services of ${environment ?? 'the namespace'}: ${services.join(', ')}`)
    const asked: Asked = {
      inputs,
      kit,
      http,
      connection,
      environment,
      github,
      gates,
      hooks,
      record,
      several: services.length > 1,
      attested: inputs.requireAttestation
        ? (await import('./attested.ts')).attesting(inputs, kit, http)
        : undefined,
      remember: rememberer(kit),
    }
    const [{ takeBack }, { tell }] = await parts
    const ends = await Promise.all(services.map((service) => takeBack(asked, service)))
    const failure = await tell(asked, ends)
    if (ends.every(({ decision, code }) => decision !== 'cancelled' && code !== 'retreat-failed'))
      finished(kit)
    if (failure !== undefined) throw failure
  } finally {
    try {
      http.close()
    } catch (error) {
      kit.log.debug(`while closing: ${messageOf(error)}`)
    }
  }
}

/** What post reads: where each service is that something was changed of. */
export const BEGUN = 'rollback-begun'

function rememberer({ state }: Pick<Kit, 'state'>): Asked['remember'] {
  const begun: Record<string, Location> = {}
  return (service, location) => {
    begun[service] = location
    state.save(BEGUN, JSON.stringify(begun))
  }
}

async function recordOf(
  github: OpenGitHub | undefined,
  environment: string | undefined,
  wanted: readonly string[] | 'all',
  { clock, log }: Kit,
  abort: boolean,
): Promise<KnownRecord> {
  if (github === undefined || environment === undefined)
    return { kind: 'away', why: 'nothing is recorded (record: false)' }
  const { readRecord } = await import('./read-record.ts')
  const record = await readRecord(github, environment, wanted, clock, abort)
  if (record.kind === 'away') log.warning(`${record.why}: the cluster's own state is used`)
  return record
}

/** Of the record; where it cannot be read, the workloads of the namespace that releases of ours have touched. */
async function allServices(
  record: KnownRecord,
  { namespace, environment }: RollbackInputs,
  { clock }: Kit,
  http: Http,
  connection: Connection,
): Promise<readonly string[]> {
  if (record.kind === 'read') {
    const services = [...record.services.keys()].sort()
    if (services.length > 0) return services
    throw new NotFound(`nothing was ever released to ${environment}`, {
      object: `environment ${environment}`,
      why: ['nothing has been changed'],
    })
  }
  const { createClient, releasedWorkloads } = await import('@release-actions/kubernetes')
  const there = namespace ?? connection.namespace ?? 'default'
  const services = await releasedWorkloads(createClient({ http, connection, namespace: there, clock }))
  if (services.length > 0) return services
  throw new NotFound(`namespace ${there} has no workload that was ever released`, {
    object: `namespace ${there}`,
    why: ['nothing has been changed'],
    fix: ['name the services, and the namespace'],
  })
}
