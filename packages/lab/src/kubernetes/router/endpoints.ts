import type { Endpoint, EndpointSlice, Service } from '../objects.ts'
import { ENDPOINT_SLICE, type Objects } from '../typed.ts'

export interface Address {
  readonly ip: string
  readonly port: number
}
/** A Service's addresses by what may be sent to them. */
export interface Addresses {
  readonly ready: readonly Address[]
  /** On their way out, but still answering: kube-proxy's last resort. */
  readonly leaving: readonly Address[]
}

/** The addresses behind a port of a Service, as its EndpointSlices say; undefined when it has no such port. */
export function addressesOf(objects: Objects, service: Service, port: number): Addresses | undefined {
  const named = service.spec.ports?.find((candidate) => candidate.port === port)
  if (named === undefined) return undefined
  const { namespace, name } = service.metadata
  const slices = objects
    .list(ENDPOINT_SLICE, namespace)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
  const of = (wanted: (endpoint: Endpoint) => boolean): readonly Address[] =>
    slices.flatMap((slice) => inSlice(slice, named.name ?? '', wanted))
  return { ready: of(isReady), leaving: of(isLeaving) }
}

/** Whether an EndpointSlice says that an address may be sent to. */
export function isListed(objects: Objects, ip: string): boolean {
  return objects
    .list(ENDPOINT_SLICE)
    .some(({ endpoints }) =>
      endpoints?.some((endpoint) => isReady(endpoint) && endpoint.addresses.includes(ip)),
    )
}

/** What a slice does not say is as if it said yes: the API's rule. */
function isReady({ conditions: { ready = true } = {} }: Endpoint): boolean {
  return ready
}

function isLeaving(endpoint: Endpoint): boolean {
  const ready = isReady(endpoint)
  const { serving = ready, terminating = false } = endpoint.conditions ?? {}
  return !ready && serving && terminating
}

function inSlice(
  slice: EndpointSlice,
  portName: string,
  wanted: (endpoint: Endpoint) => boolean,
): readonly Address[] {
  const port = slice.ports?.find(({ name = '' }) => name === portName)?.port
  if (port === undefined) return []
  const addresses = slice.endpoints?.filter(wanted).flatMap((endpoint) => endpoint.addresses)
  return (addresses ?? []).map((ip) => ({ ip, port }))
}
