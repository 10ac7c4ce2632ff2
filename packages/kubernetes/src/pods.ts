import type { PodSight, Pods, ProxyAnswer, Track } from '@release-actions/ports'
import { Forbidden, type Milliseconds, NotFound, Unreachable } from '@release-actions/values'
import { runningContainers } from './canary/containers.ts'
import { isReady, revisionsOf } from './canary/revisions.ts'
import { statusesOf } from './canary/trouble.ts'
import type { Client } from './client.ts'
import type { Pod } from './objects.ts'
import { parseQuantity } from './quantity.ts'
import { selectorText } from './selectors.ts'
import { jsonOf, resourceName, roleLine, statusOf } from './status-errors.ts'

/** The pods of one workload through the API server's proxy. `deployments`: which Deployment a track is. */
export function createPods(client: Client, deployments: Readonly<Partial<Record<Track, string>>>): Pods {
  async function podsOf(track: Track): Promise<readonly Pod[]> {
    const name = deployments[track]
    const deployment = name === undefined ? undefined : await client.find('Deployment', name)
    if (deployment === undefined) return []
    const labels = selectorText(deployment.spec?.selector ?? {})
    const [pods, sets] = await Promise.all([
      client.list('Pod', { labels }),
      client.list('ReplicaSet', { labels }),
    ])
    return revisionsOf(deployment, sets.items, pods.items).currentPods
  }

  async function proxied(
    kind: 'pods' | 'services',
    namespace: string,
    target: string,
    path: string,
    timeout: Milliseconds,
  ): Promise<ProxyAnswer> {
    const [before = '', query = ''] = split(path)
    const slash = before.startsWith('/') ? '' : '/'
    const whole = `/api/v1/namespaces/${namespace}/${kind}/${encodeURIComponent(target)}/proxy${slash}${before}`
    const answer = await client.raw({
      method: 'GET',
      path: query === '' ? whole : `${whole}?${query}`,
      headers: { accept: '*/*' },
      timeout,
      retry: 'never',
    })
    refuseApiServersOwn(kind, namespace, target, answer)
    return answer
  }

  return {
    list: async (track) => (await podsOf(track)).map(sightOf),
    get: async (pod, port, path, timeout) => {
      const number = typeof port === 'number' ? port : (pod.ports[port] ?? numeric(port))
      if (number === undefined) {
        const known = Object.keys(pod.ports).join(', ') || '(none)'
        throw new NotFound(`pod ${pod.name} has no port named ${port}; its named ports: ${known}`)
      }
      return proxied('pods', client.namespace, `${pod.name}:${number}`, path, timeout)
    },
    service: ({ namespace, service, port }, path, timeout) =>
      proxied('services', namespace, `${service}:${port}`, path, timeout),
    async usage(track) {
      const pods = await podsOf(track)
      const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${client.namespace}/pods`
      const answer = await client.raw({ method: 'GET', path })
      if (answer.status === 404 || answer.status === 503) return undefined
      if (answer.status !== 200) {
        const type = { group: 'metrics.k8s.io', version: 'v1beta1', plural: 'pods' }
        throw new Forbidden(
          `not allowed to list ${resourceName({ type })} in namespace ${client.namespace}`,
          {
            why: [statusOf(answer.body)?.message ?? `the server answered ${answer.status}`],
            fix: ['add to the Role:', roleLine({ type, verb: 'list' })],
          },
        )
      }
      const { items = [] } = jsonOf<{ items?: readonly PodMetrics[] }>(answer, 'list PodMetrics')
      const names = new Set(pods.map((pod) => pod.metadata?.name))
      return new Map(
        items
          .filter(({ metadata }) => names.has(metadata.name))
          .map(({ metadata, containers }) => [
            metadata.name,
            {
              cpu: sum(containers.map(({ usage }) => usage.cpu)) ?? 0,
              memory: sum(containers.map(({ usage }) => usage.memory)) ?? 0,
            },
          ]),
      )
    },
  }
}

interface PodMetrics {
  readonly metadata: { readonly name: string }
  readonly containers: readonly { readonly usage: { readonly cpu?: string; readonly memory?: string } }[]
}

function sightOf(pod: Pod): PodSight {
  const { metadata = {}, spec, status } = pod
  const started = Date.parse(status?.startTime ?? '')
  const containers = runningContainers(spec)
  const names = new Set(containers.map((each) => each.name))
  const statuses = statusesOf(pod).filter((each) => names.has(each.name))
  const ports = containers.flatMap((each) => each.ports ?? [])
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    ready: isReady(pod),
    deleting: metadata.deletionTimestamp !== undefined,
    startedAt: Number.isNaN(started) ? undefined : started,
    restarts: statuses.reduce((all, each) => all + each.restartCount, 0),
    ports: Object.fromEntries(
      ports.flatMap((each) => (each.name === undefined ? [] : [[each.name, each.containerPort]])),
    ),
    limits: {
      cpu: sum(containers.map((each) => each.resources?.limits?.['cpu'])),
      memory: sum(containers.map((each) => each.resources?.limits?.['memory'])),
    },
  }
}

/** undefined when one of them says nothing: a sum would pretend. */
function sum(quantities: readonly (string | undefined)[]): number | undefined {
  let all = 0
  for (const text of quantities) {
    const value = parseQuantity(text)
    if (value === undefined) return undefined
    all += value
  }
  return all
}

function numeric(port: string): number | undefined {
  return /^\d+$/.test(port) ? Number(port) : undefined
}

function split(path: string): readonly string[] {
  const at = path.indexOf('?')
  return at < 0 ? [path] : [path.slice(0, at), path.slice(at + 1)]
}

/** What the API server says about the way there, and not the pod: those are a `Status` of the server's own. */
function refuseApiServersOwn(
  kind: 'pods' | 'services',
  namespace: string,
  target: string,
  answer: ProxyAnswer,
): void {
  if (answer.status < 400) return
  const status = statusOf(answer.body)
  const said = status?.message ?? answer.body.trim()
  const object = `${kind} ${namespace}/${target}`
  const type = { group: '', version: 'v1', plural: kind }
  const unreachable = /error trying to reach service|no endpoints available|dial tcp|upstream connect/i.test(
    said,
  )
  if (unreachable)
    throw new Unreachable(`${target} cannot be reached through the API server`, { object, why: [said] })
  if (status === undefined) return
  if (answer.status === 403) {
    throw new Forbidden(`not allowed to get ${kind}/proxy in namespace ${namespace}`, {
      object,
      why: [said],
      fix: ['add to the Role:', roleLine({ type, subresource: 'proxy', verb: 'get' })],
    })
  }
  if (answer.status === 404) throw new NotFound(`${object} does not exist`, { object, why: [said] })
}
