import http from 'node:http'
import net from 'node:net'
import type { Container, HttpGet, IntOrString, Probe } from '../objects.ts'
import type { PodNetwork } from './network.ts'
import { pause } from './pause.ts'

export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly message: string }

/** A probe's target: a container of a pod. */
export interface Target {
  readonly container: Container
  readonly ip: string
  readonly network: PodNetwork
}

/** A port as a probe or a Service names it, as a number. */
export function portNumber(port: IntOrString, containers: readonly Container[]): number | undefined {
  if (typeof port === 'number') return port
  if (/^\d+$/.test(port)) return Number(port)
  return containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === port)?.containerPort
}

/** Asks once. The messages are the kubelet's. */
export async function ask(probe: Probe, target: Target): Promise<ProbeResult> {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000
  if (probe.httpGet !== undefined) {
    const { url, answer } = get(probe.httpGet, target, timeout)
    try {
      const status = await answer
      return status >= 200 && status < 400
        ? { ok: true }
        : { ok: false, message: `HTTP probe failed with statuscode: ${status}` }
    } catch (error) {
      return { ok: false, message: `Get "${url}": ${(error as Error).message}` }
    }
  }
  if (probe.tcpSocket !== undefined) return dial(probe.tcpSocket.port, target, timeout)
  return { ok: false, message: 'the lab asks by httpGet and tcpSocket only' }
}

/** One GET on a connection of its own, as a probe or a preStop hook makes it. */
export function get(
  request: HttpGet,
  target: Target,
  timeout: number,
): { url: string; answer: Promise<number> } {
  const port = portNumber(request.port, [target.container]) ?? 0
  const path = request.path ?? '/'
  const url = `http://${target.ip}:${port}${path.startsWith('/') ? path : `/${path}`}`
  const realPort = target.network.resolve(target.ip, port)
  const answer = new Promise<number>((resolve, reject) => {
    if (realPort === undefined) throw new Error(refused(target.ip, port))
    const headers: Record<string, string> = {
      host: `${target.ip}:${port}`,
      'user-agent': 'kube-probe/1.34',
      accept: '*/*',
    }
    for (const { name, value } of request.httpHeaders ?? []) headers[name.toLowerCase()] = value
    const asked = http.get(
      { host: '127.0.0.1', port: realPort, path, headers, agent: false, timeout },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      },
    )
    asked.on('timeout', () => {
      asked.destroy(new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)'))
    })
    asked.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') reject(new Error(refused(target.ip, port)))
      else if (error.code === 'ECONNRESET') reject(new Error('EOF'))
      else reject(error)
    })
  })
  return { url, answer }
}

function refused(ip: string, port: number): string {
  return `dial tcp ${ip}:${port}: connect: connection refused`
}

function dial(named: IntOrString, target: Target, timeout: number): Promise<ProbeResult> {
  const port = portNumber(named, [target.container]) ?? 0
  const realPort = target.network.resolve(target.ip, port)
  if (realPort === undefined) return Promise.resolve({ ok: false, message: refused(target.ip, port) })
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port: realPort, timeout })
    const settle = (result: ProbeResult): void => {
      socket.destroy()
      resolve(result)
    }
    socket.on('connect', () => settle({ ok: true }))
    socket.on('timeout', () => settle({ ok: false, message: `dial tcp ${target.ip}:${port}: i/o timeout` }))
    socket.on('error', () => settle({ ok: false, message: refused(target.ip, port) }))
  })
}

/**
 * Asks again and again until told to stop: first after `initialDelaySeconds`, then every `periodSeconds`, both divided
 * by `divisor`. Tells when the thresholds are passed, and of every single failure.
 */
export async function keepAsking(
  probe: Probe,
  target: Target,
  divisor: number,
  signal: AbortSignal,
  tell: { failed(message: string): void; settled(ok: boolean): void },
): Promise<void> {
  const { initialDelaySeconds = 0, periodSeconds = 10, successThreshold = 1, failureThreshold = 3 } = probe
  let [row, last] = [0, false]
  if (initialDelaySeconds > 0 && !(await pause((initialDelaySeconds * 1000) / divisor, signal))) return
  while (!signal.aborted) {
    const result = await ask(probe, target)
    if (signal.aborted) return
    if (!result.ok) tell.failed(result.message)
    row = result.ok === last ? row + 1 : 1
    last = result.ok
    if (row === (result.ok ? successThreshold : failureThreshold)) tell.settled(result.ok)
    if (!(await pause((periodSeconds * 1000) / divisor, signal))) return
  }
}
