import type { Pods, ProxyAnswer } from '@release-actions/ports'
import { type Color, COLORS } from '@release-actions/release'
import type { Milliseconds } from '@release-actions/values'
import { marksOf, tell } from './telling-apart.ts'

/** What is asked of a Service and of its pods, to tell who answers. */
export interface Probe {
  /** Default `/`. */
  readonly path?: string | undefined
  /** Of the Service, its number or name. Default: its first one. */
  readonly port?: number | string | undefined
}

export interface AskingOptions {
  readonly pods: Pods
  readonly namespace: string
  readonly probe: Probe
  /** The ports of the Service, and what each is on a pod. */
  readonly port: () => Promise<
    { readonly service: number | string; readonly pod: number | string } | undefined
  >
}

/** Asks a Service for new connections, and tells which colour answered. */
export interface Asking {
  ask(
    service: string,
    count: number,
    signal: AbortSignal,
  ): Promise<{ readonly blue: number; readonly green: number } | undefined>
}

const TIMEOUT: Milliseconds = 3_000
/** Pods of each colour that are looked at, and how often each. */
const PODS = 5
const LOOKS = 2
/** At a time: the API server is everybody's. */
const SIDE_BY_SIDE = 5

/**
 * Through the API server's proxies, so that a runner outside the cluster network needs nothing else: first every colour's
 * own pods say what their answers are like, then the Service's are told by that.
 */
export function createAsking({ pods, namespace, probe, port }: AskingOptions): Asking {
  const path = probe.path ?? '/'

  async function answersOf(color: Color, at: number | string): Promise<readonly ProxyAnswer[]> {
    const ready = (await pods.list(color)).filter((pod) => pod.ready && !pod.deleting).slice(0, PODS)
    const looks = ready.flatMap((pod) => Array.from({ length: LOOKS }, () => pod))
    return Promise.all(looks.map((pod) => pods.get(pod, at, path, TIMEOUT)))
  }

  return {
    async ask(service, count, signal) {
      try {
        const ports = await port()
        if (ports === undefined) return undefined
        const [blue, green] = await Promise.all(COLORS.map((color) => answersOf(color, ports.pod)))
        const marks = marksOf({ blue: blue ?? [], green: green ?? [] })
        if (marks === undefined) return undefined
        const told = { blue: 0, green: 0 }
        for (let asked = 0; asked < count && !signal.aborted; asked += SIDE_BY_SIDE) {
          const some = Math.min(SIDE_BY_SIDE, count - asked)
          const answers = await Promise.all(
            Array.from({ length: some }, () =>
              pods.service({ namespace, service, port: ports.service }, path, TIMEOUT).catch(() => undefined),
            ),
          )
          for (const answer of answers) {
            const color = answer === undefined ? undefined : tell(answer, marks)
            if (color !== undefined) told[color] += 1
          }
        }
        return signal.aborted ? undefined : told
      } catch {
        // Forbidden, out of reach, or a port that is none: there is no vantage point, and the step says `unobserved`.
        return undefined
      }
    },
  }
}
