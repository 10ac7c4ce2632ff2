import type { Manifest, Scene } from '@release-actions/lab'

export interface FinalState {
  readonly objects: readonly {
    readonly kind: string
    readonly name: string
    readonly annotations: readonly string[]
    readonly spec: unknown
  }[]
  readonly lease:
    | { readonly inFlight?: unknown; readonly colors?: unknown; readonly last: string; readonly live: string }
    | undefined
  readonly records: readonly {
    readonly version: unknown
    readonly state: string | undefined
    readonly verified: boolean
  }[]
}

/** Everything that a release may leave behind, on the cluster and on GitHub, comparable between two scenes. Not who holds the
 * Lease: a killed process does until it expires, and whoever needs it takes it before. */
export async function finalState({ stage, github }: Scene): Promise<FinalState> {
  const kinds = ['HTTPRoute', 'Deployment', 'Service', 'HorizontalPodAutoscaler', 'ConfigMap']
  const lists = await Promise.all(
    kinds.map(async (kind) => (await stage.list(kind)).map((object) => comparable(kind, object))),
  )
  const [lease] = await stage.list('Lease')
  const found = {
    objects: lists.flat(),
    ...(lease === undefined ? {} : { lease: leaseOf(lease) }),
    records: github.deployments.map(({ task, environment, payload, statuses }) => ({
      task,
      environment,
      version: typeof payload === 'object' ? payload['version'] : payload,
      state: statuses.at(-1)?.state,
      verified: statuses.some(({ state }) => state === 'success'),
    })),
  }
  return JSON.parse(JSON.stringify(found).replaceAll(stage.namespace, 'NAMESPACE')) as FinalState
}

/** Name, spec, and which annotations there are: their values count claims and rollouts. */
function comparable(kind: string, { metadata, spec, data }: Manifest): unknown {
  const { clusterIP: _ip, clusterIPs: _ips, ...rest } = (spec ?? {}) as Readonly<Record<string, unknown>>
  const annotations = Object.keys((metadata['annotations'] ?? {}) as object).sort()
  return { kind, name: metadata.name, annotations, spec: rest, data }
}

interface Ended {
  readonly outcome: string
  readonly release: { readonly version: string }
}

function leaseOf({ metadata }: Manifest): unknown {
  const { 'release-actions.dev/state': text = '{}' } = (metadata['annotations'] ?? {}) as Readonly<
    Record<string, string>
  >
  const { inFlight, switching, colors, last, live } = JSON.parse(text) as {
    inFlight?: unknown
    switching?: unknown
    colors?: { readonly live: string; readonly warm?: { readonly color: string } }
    last?: Ended
    live?: Ended
  }
  const brief = (ended: Ended | undefined): string =>
    ended === undefined ? 'none' : `${ended.release.version} ${ended.outcome}`
  const kept = colors && { live: colors.live, warm: colors.warm?.color }
  return { inFlight: inFlight ?? switching, colors: kept, last: brief(last), live: brief(live) }
}
