import {
  KINDS,
  type EmbeddedKubernetes,
  type KubeObject,
  type Load,
  type StoreEvent,
} from '@release-actions/lab'
import type { Witness } from './witness.ts'

// What must never happen in a switch, whatever is killed: seen from the store of the embedded cluster, event by event,
// and from the answers that clients got.

/** Watches one workload behind a Service of its name, from now on. */
export function watchSwitch(kubernetes: EmbeddedKubernetes, namespace: string, workload: string): Witness {
  const { store } = kubernetes
  const said = new Set<string>()
  let serves: string | undefined

  function look(event: StoreEvent): void {
    if (event.object.metadata.namespace !== namespace) return
    if (event.kind.kind === 'Service' && event.object.metadata.name === workload) switched(event.object)
    if (event.kind.kind === 'EndpointSlice' && endpoints() === 0) say('nobody was served')
  }

  function switched({ spec }: KubeObject): void {
    const { selector = {} } = spec as { selector?: Readonly<Record<string, string>> }
    const color = selector['release-actions.dev/color']
    if (color === serves) return
    if (color === undefined) say(`the key of ${serves} went out of the selector`)
    else {
      const [ready, need] = [readyOf(`${workload}-${color}`), desiredOf(serves)]
      if (ready < need) say(`switched from ${serves} to ${color} with ${ready} of ${need} pods ready`)
    }
    serves = color
  }

  const deployment = (name: string): KubeObject | undefined => store.get(KINDS.Deployment, namespace, name)
  const desiredOf = (color: string | undefined): number => {
    const found = deployment(color === undefined ? workload : `${workload}-${color}`)
    return (found?.['spec'] as { readonly replicas?: number } | undefined)?.replicas ?? 0
  }
  const readyOf = (name: string): number =>
    (deployment(name)?.['status'] as { readonly readyReplicas?: number } | undefined)?.readyReplicas ?? 0
  const endpoints = (): number =>
    store
      .list(KINDS.EndpointSlice, namespace)
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === workload)
      .flatMap(
        (slice) => slice['endpoints'] as readonly { readonly conditions?: { readonly ready?: boolean } }[],
      )
      .filter(({ conditions }) => conditions?.ready === true).length

  const say = (text: string): void => void said.add(text)
  const stop = store.subscribe(look)

  return {
    stop,
    violations(load: Load) {
      const failed = load
        .failed()
        .map(
          ({ at, status, error, version }) =>
            `${new Date(at).toISOString()} a request failed: ${version} ${status} ${error}`,
        )
      return [...said, ...failed.slice(0, 5)]
    },
  }
}
