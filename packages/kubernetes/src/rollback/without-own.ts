import { NotFound } from '@release-actions/values'
import { proveAccess } from '../access.ts'
import { openBlueGreen } from '../bluegreen/approach.ts'
import { reach } from '../reach.ts'
import { roleRules } from '../role.ts'
import { WRITES, type KubernetesRollback, type RollbackOptions } from './open-rollback.ts'
import { releaseOf } from './restoration.ts'
import { seeColors } from './see-colors.ts'

/**
 * A workload whose own Deployment somebody has deleted after blue/green adopted it: its colours serve, and can be
 * switched between. What only the Deployment itself could do is an error that says so.
 * @param missing what was found not to be there
 * @throws NotFound when there is nothing to set; `missing` when it is not the Deployment
 */
export async function openWithoutOwn(
  options: RollbackOptions,
  missing: NotFound,
): Promise<KubernetesRollback> {
  const { workload, traffic } = options
  const { client, claims } = reach({ ...options, uses: [] })
  if ((await client.find('Deployment', workload)) !== undefined) throw missing
  const object = `Deployment ${client.namespace}/${workload}`
  const gone = (why: string): NotFound =>
    new NotFound(`${object} does not exist: ${why}`, {
      object,
      why: missing.why,
      fix: [
        `apply its manifest again, with the version that is to serve, and release it`,
        `kubectl -n ${client.namespace} get deployments`,
      ],
      cause: missing,
    })
  const [, kind, name = workload] = /^(service|httproute)\/(.+)$/.exec(traffic ?? '') ?? []
  const world = await openBlueGreen({
    ...options,
    traffic: { kind: kind === 'httproute' ? 'httproute' : 'service', name },
    uses: [],
  }).catch((error: unknown) => {
    throw error instanceof NotFound ? gone('there is nothing to set back, and no colour of it serves') : error
  })
  const { container, service, deployment } = world.target
  const unset = 'its colours can be switched between, and nothing else of it can be set back'
  const colors = { workload, container, service, route: kind === 'httproute' ? name : undefined }
  return {
    client,
    claims,
    pods: world.pods,
    target: { workload, container, stableService: service },
    get cluster(): never {
      throw gone(unset)
    },
    get traffic(): never {
      throw gone(unset)
    },
    serviced: false,
    async survey() {
      const claim = await claims.read()
      const seen = await seeColors(client, colors, Promise.resolve(claim.state))
      return {
        ...seen,
        holder: claim.kind === 'held' ? claim.by : undefined,
        stable: releaseOf(deployment.spec?.template, container),
        revisions: [],
      }
    },
    restoration: () => Promise.reject(gone(unset)),
    preflight: () => proveAccess(client, [...WRITES, ...roleRules(options.uses)]),
    close: () => world.close(),
  }
}
