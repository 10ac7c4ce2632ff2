import type { Http } from '@release-actions/http'
import type { Answers, Pods, ProxyAnswer } from '@release-actions/ports'
import { type Color, COLORS } from '@release-actions/release'
import type { Milliseconds } from '@release-actions/values'
import { marksOf, tell } from './telling-apart.ts'

/** What is asked of a Service and of its pods, to tell who answers. */
export interface Probe {
  /** Default `/`. */
  readonly path?: string | undefined
  /** Of the Service, its number or name. Default: its first one. */
  readonly port?: number | string | undefined
  /** In the place of both: what users ask, through whatever router there is. */
  readonly url?: string | undefined
}

export interface AskingOptions {
  readonly pods: Pods
  readonly http: Http
  readonly namespace: string
  readonly probe: Probe
  /** The ports of the Service, and what each is on a pod. */
  readonly port: () => Promise<
    { readonly service: number | string; readonly pod: number | string } | undefined
  >
}

/** Asks a Service for new connections, and tells which colour answered. */
export interface Asking {
  ask(service: string, count: number, signal: AbortSignal): Promise<Answers | undefined>
}

const TIMEOUT: Milliseconds = 3_000
/** Pods of each colour that are looked at, and how often each. */
const PODS = 5
const LOOKS = 2
/** At a time: the API server is everybody's. */
const SIDE_BY_SIDE = 5
const MOST_BYTES = 1024 * 1024

/**
 * First every colour's own pods say what their answers are like, then those of what serves are told by that: through the
 * API server's proxies, so that a runner outside the cluster network needs nothing else, or at the URL that users ask.
 */
export function createAsking({ pods, http, namespace, probe, port }: AskingOptions): Asking {
  const { url } = probe
  const path = url === undefined ? (probe.path ?? '/') : pathOf(url)

  async function answersOf(color: Color, at: number | string): Promise<readonly ProxyAnswer[]> {
    const ready = (await pods.list(color)).filter((pod) => pod.ready && !pod.deleting).slice(0, PODS)
    const looks = ready.flatMap((pod) => Array.from({ length: LOOKS }, () => pod))
    return Promise.all(looks.map((pod) => pods.get(pod, at, path, TIMEOUT)))
  }

  /** One new connection. @throws ReleaseError */
  function once(service: string, at: number | string): Promise<ProxyAnswer> {
    if (url === undefined) return pods.service({ namespace, service, port: at }, path, TIMEOUT)
    const headers = { connection: 'close' }
    return http.request({
      method: 'GET',
      url,
      headers,
      timeout: TIMEOUT,
      retry: 'never',
      maxBytes: MOST_BYTES,
    })
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
            Array.from({ length: some }, () => once(service, ports.service).catch(() => undefined)),
          )
          for (const answer of answers) {
            const color = answer === undefined ? undefined : tell(answer, marks)
            if (color !== undefined) told[color] += 1
          }
        }
        return signal.aborted ? undefined : { ...told, through: url === undefined ? 'service' : 'url' }
      } catch {
        // Forbidden, out of reach, or a port that is none: there is no vantage point, and the step says `unobserved`.
        return undefined
      }
    },
  }
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return `${pathname}${search}`
}
