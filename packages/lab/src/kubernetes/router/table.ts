import type { BackendRef, HttpRoute, RouteFilter, RouteMatch } from '../objects.ts'
import { GATEWAY, HTTP_ROUTE, SERVICE, type Objects } from '../typed.ts'
import { attachments } from './attach.ts'
import { addressesOf, type Address } from './endpoints.ts'

/** Where a share of a rule's requests goes. */
export interface Backend {
  readonly weight: number
  readonly filters: readonly RouteFilter[]
  /** `missing`: there is no such Service, port or permission: its share answers 500. */
  readonly to: readonly Address[] | 'missing'
}
/** One match of one rule of one route: what a request is compared with. */
export interface Entry {
  /** Empty: any host. */
  readonly hostname: string
  readonly match: RouteMatch
  readonly filters: readonly RouteFilter[]
  readonly backends: readonly Backend[]
}
/** All entries, the most specific first: the first that fits is the one. */
export type Table = readonly Entry[]

/** What the router is configured with by the routes, Services and EndpointSlices as they are now. */
export function tableOf(objects: Objects): Table {
  const gateways = objects.list(GATEWAY)
  const routes = objects
    .list(HTTP_ROUTE)
    .filter((route) => attachments(objects, route, gateways).some(({ accepted }) => accepted))
    .sort(byAge)
  const entries = routes.flatMap((route) => entriesOf(objects, route))
  // Sorting is stable, so ties go to the oldest route, and in it to the first rule.
  return entries.sort((a, b) => compare(rank(a), rank(b)))
}

function byAge(a: HttpRoute, b: HttpRoute): number {
  const key = ({ metadata }: HttpRoute): string =>
    `${metadata.creationTimestamp} ${metadata.namespace}/${metadata.name}`
  return key(a) < key(b) ? -1 : 1
}

function entriesOf(objects: Objects, route: HttpRoute): readonly Entry[] {
  const { hostnames = [], rules = [] } = route.spec
  return rules.flatMap(({ matches = [{}], filters = [], backendRefs = [] }) => {
    const backends = backendRefs.map((ref) => backendOf(objects, route, ref))
    return (hostnames.length > 0 ? hostnames : ['']).flatMap((hostname) =>
      (matches.length > 0 ? matches : [{}]).map((match) => ({ hostname, match, filters, backends })),
    )
  })
}

function backendOf(objects: Objects, route: HttpRoute, ref: BackendRef): Backend {
  const { weight = 1, filters = [] } = ref
  return { weight, filters, to: resolve(objects, route, ref) ?? 'missing' }
}

/** The addresses of a backend; undefined when the reference leads nowhere. Without ReferenceGrants. */
export function resolve(objects: Objects, route: HttpRoute, ref: BackendRef): readonly Address[] | undefined {
  const { namespace } = route.metadata
  if (
    (ref.kind ?? 'Service') !== 'Service' ||
    (ref.group ?? '') !== '' ||
    (ref.namespace ?? namespace) !== namespace
  )
    return undefined
  const service = objects.get(SERVICE, namespace, ref.name)
  return service === undefined || ref.port === undefined
    ? undefined
    : addressesOf(objects, service, ref.port)?.ready
}

/** The precedence of https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule, larger first. */
function rank({ hostname, match }: Entry): readonly number[] {
  const { path = {}, headers = [], queryParams = [], method } = match
  const exactHost = hostname !== '' && !hostname.startsWith('*.')
  const type = path.type ?? 'PathPrefix'
  return [
    exactHost ? 1 : 0,
    hostname.length,
    type === 'Exact' ? 2 : type === 'PathPrefix' ? 1 : 0,
    (path.value ?? '/').replace(/\/$/, '').length,
    method === undefined ? 0 : 1,
    headers.length,
    queryParams.length,
  ]
}

function compare(a: readonly number[], b: readonly number[]): number {
  return a.map((value, index) => (b[index] ?? 0) - value).find((difference) => difference !== 0) ?? 0
}
