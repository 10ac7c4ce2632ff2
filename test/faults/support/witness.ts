import {
  KINDS,
  type EmbeddedKubernetes,
  type KubeObject,
  type Load,
  type StoreEvent,
} from '@release-actions/lab'

// What must never happen, whatever is killed or goes wrong: seen from the store of the embedded cluster, event by
// event, and from the answers that clients got.

/** An answer counts against a weight of 0 only when the router has had this long to follow, in milliseconds. */
const SETTLE_MS = 400

export interface Witness {
  /** Sentences; empty when nothing of the kind happened. */
  violations(load: Load): readonly string[]
  stop(): void
}

/** Watches one workload behind an HTTPRoute of its name, from now on. */
export function watchOver(kubernetes: EmbeddedKubernetes, namespace: string, workload: string): Witness {
  const { store } = kubernetes
  const canary = `${workload}-canary`
  const said = new Set<string>()
  /** Since when the canary has had which share, 0..1. */
  const shares: { readonly at: number; readonly share: number }[] = [{ at: 0, share: 0 }]
  const share = (): number => shares.at(-1)?.share ?? 0

  function look(event: StoreEvent): void {
    if (event.object.metadata.namespace !== namespace) return
    if (event.kind.kind === 'HTTPRoute' && event.object.metadata.name === workload) shifted(event.object)
    if (event.kind.kind === 'EndpointSlice') {
      if (share() > 0 && ready(canary) === 0)
        say(`no endpoint of the canary was ready while it had ${share()}`)
      if (share() < 1 && ready(workload) === 0)
        say(`no endpoint of the stable was ready while the canary had ${share()}`)
    }
  }

  function shifted(route: KubeObject): void {
    const now = shareOf(route, canary)
    if (now > share()) {
      const need = Math.ceil(now * desired(workload))
      if (ready(canary) < need)
        say(`${now} was given to a canary with ${ready(canary)} of ${need} endpoints ready`)
    }
    if (now < share() && ready(workload) < desired(workload)) {
      say(
        `the route went from ${share()} to ${now} with ${ready(workload)} of ${desired(workload)} stable pods ready`,
      )
    }
    if (now !== share()) shares.push({ at: Date.now(), share: now })
  }

  const ready = (service: string): number =>
    store
      .list(KINDS.EndpointSlice, namespace)
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
      .flatMap(
        (slice) => slice['endpoints'] as readonly { readonly conditions?: { readonly ready?: boolean } }[],
      )
      .filter(({ conditions }) => conditions?.ready === true).length

  const desired = (name: string): number =>
    (store.get(KINDS.Deployment, namespace, name)?.['spec'] as { readonly replicas?: number } | undefined)
      ?.replicas ?? 0

  const say = (text: string): void => void said.add(text)
  const stop = store.subscribe(look)

  return {
    stop,
    violations(load) {
      const failed = load
        .failed()
        .map(({ at, status, error, version }) => `${iso(at)} a request failed: ${version} ${status} ${error}`)
      const strays = load.samples
        .filter(({ version = '' }) => version.includes(canary))
        .filter(({ at, latency }) => !hadTraffic(shares, at - SETTLE_MS, at + latency))
        .map(({ at, version }) => `${iso(at)} ${version} answered although its weight was 0`)
      return [...said, ...failed.slice(0, 5), ...strays.slice(0, 5)]
    },
  }
}

/** Did the canary have a share at any time from `from` to `to`? */
function hadTraffic(shares: readonly { at: number; share: number }[], from: number, to: number): boolean {
  return shares.some(
    ({ at, share }, index) => share > 0 && at <= to && (shares[index + 1]?.at ?? Infinity) >= from,
  )
}

/** The canary's share of a route's rules, 0..1; the largest, should they differ. */
function shareOf(route: KubeObject, canary: string): number {
  const { rules = [] } = route['spec'] as {
    rules?: readonly { backendRefs?: readonly { name: string; weight?: number }[] }[]
  }
  const shares = rules.map(({ backendRefs = [] }) => {
    const all = backendRefs.reduce((sum, { weight = 1 }) => sum + weight, 0)
    const ours = backendRefs
      .filter(({ name }) => name === canary)
      .reduce((sum, { weight = 1 }) => sum + weight, 0)
    return all === 0 ? 0 : ours / all
  })
  return Math.max(0, ...shares)
}

function iso(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23)
}
