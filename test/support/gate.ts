import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from '@jest/globals'
import {
  startAction,
  startGitHub,
  type ActionResult,
  type EmbeddedGitHub,
  type RunningAction,
  type RunOrder,
} from '@release-actions/lab'

export interface GateOrder {
  /** YAML. */
  readonly gates?: string
  readonly inputs?: Readonly<Record<string, string>>
  /** Text files of the workspace, by path. */
  readonly files?: Readonly<Record<string, string>>
  readonly kubeconfig?: string
  readonly env?: Readonly<Record<string, string>>
  readonly run?: RunOrder
  /** The webhook's payload. */
  readonly event?: object
  readonly cancelAfter?: number
}

export interface GateEvidence {
  readonly gate: string
  readonly state: string
  readonly reason: string
  readonly message: string
  readonly value?: number
  readonly baseline?: number
  readonly counts: Readonly<Record<'pass' | 'fail' | 'noData' | 'error', number>>
  readonly samples: readonly {
    readonly outcome: string
    readonly reason?: string
    readonly detail?: string
    readonly notes?: readonly { readonly reason: string; readonly detail: string }[]
  }[]
}

/** What the bundled health-gate did, and what it said. */
export interface Judged {
  readonly done: ActionResult
  /** `pass (0)`, `fail (1)`: the decision and the exit code, which belong together. */
  readonly verdict: string
  readonly gates: readonly GateEvidence[]
  /** The one error annotation; undefined when there is none. */
  readonly error: string | undefined
}

/** Two looks, with seconds for each: a busy machine is no outcome of a gate. */
const SHORT = { soak: '400ms', interval: '5s' } as const

/** health-gate as the runner runs it, against a GitHub of its own unless one is given. */
export async function judge(order: GateOrder, github?: EmbeddedGitHub): Promise<Judged> {
  const hub = github ?? (await startGitHub())
  try {
    const started = startGate(order, hub)
    return judgedOf(await started.done, hub)
  } finally {
    if (github === undefined) await hub.close()
  }
}

/** The same, to be cancelled or killed on the way. */
export function startGate(order: GateOrder, github: EmbeddedGitHub): RunningAction {
  const workspace = mkdtempSync(join(tmpdir(), 'gate-'))
  for (const [path, text] of Object.entries(order.files ?? {})) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true })
    writeFileSync(join(workspace, path), text)
  }
  const { gates, kubeconfig, env, event, cancelAfter } = order
  const running = startAction({
    dir: join(import.meta.dirname, '../../dist/health-gate'),
    github: github.run(order.run),
    workspace,
    inputs: { ...SHORT, ...(gates === undefined ? {} : { gates }), ...order.inputs },
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(env === undefined ? {} : { env }),
    ...(event === undefined ? {} : { event }),
    ...(cancelAfter === undefined ? {} : { cancelAfter }),
  })
  void running.done.finally(() => rmSync(workspace, { recursive: true, force: true }))
  return running
}

/** Holds what must hold of every run: what GitHub allows, one error or none, an exit code that says the decision. */
export function judgedOf(done: ActionResult, github: EmbeddedGitHub): Judged {
  expect(github.violations).toEqual([])
  const errors = done.annotations.filter(({ level }) => level === 'error')
  const passed = done.outputs['decision'] === 'pass'
  expect({ exitCode: done.exitCode, errors: errors.length }).toEqual({
    exitCode: passed ? 0 : 1,
    errors: passed ? 0 : 1,
  })
  const result = JSON.parse(done.outputs['result'] ?? '{}') as {
    readonly evidence?: { readonly gates: readonly GateEvidence[] }
  }
  const [error] = errors
  return {
    done,
    verdict: `${done.outputs['decision']} (${done.exitCode})`,
    gates: result.evidence?.gates ?? [],
    error: error === undefined ? undefined : `${error.title ?? ''}\n${error.message}`,
  }
}

export interface Server extends AsyncDisposable {
  readonly url: string
  /** Paths with their queries, in the order of arrival. */
  readonly asked: readonly string[]
}

/** An HTTP server on loopback. */
export async function serve(listener: RequestListener): Promise<Server> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** What a Prometheus answers to a query: the `data` of a success, or a whole answer of its own. */
export type PromAnswer =
  | { readonly vector: readonly (readonly [labels: Record<string, string>, value: string])[] }
  | { readonly data: unknown }
  | { readonly status: number; readonly body: string }
  | 'hang'
  | 'drop'

/** A server that speaks the part of Prometheus's API that gates use. */
export function startPrometheus(
  answer: (query: string, nth: number) => PromAnswer,
  alerts: { readonly rules: readonly string[]; readonly firing: readonly string[] } = {
    rules: [],
    firing: [],
  },
): Promise<Server & { readonly queries: readonly string[] }> {
  const queries: string[] = []
  const success = (data: unknown): string => JSON.stringify({ status: 'success', data })
  return serve((request, response) => {
    const url = new URL(request.url ?? '/', 'http://prometheus')
    const send = (status: number, body: string): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    }
    if (url.pathname === '/api/v1/rules') {
      const rules = alerts.rules.map((name) => ({ type: 'alerting', name }))
      return send(200, success({ groups: [{ name: 'all', rules }] }))
    }
    if (url.pathname === '/api/v1/alerts') {
      const firing = alerts.firing.map((alertname) => ({ labels: { alertname }, state: 'firing' }))
      return send(200, success({ alerts: firing }))
    }
    const query = url.searchParams.get('query') ?? ''
    queries.push(query)
    const said = answer(query, queries.length)
    if (said === 'hang') return
    if (said === 'drop') return void request.socket.destroy()
    if ('status' in said) return send(said.status, said.body)
    if ('data' in said) return send(200, success(said.data))
    const result = said.vector.map(([metric, value]) => ({ metric, value: [Date.now() / 1000, value] }))
    return send(200, success({ resultType: 'vector', result }))
  }).then((server) => Object.assign(server, { queries }))
}

/** A vector of one series. */
export const one = (value: string | number): PromAnswer => ({ vector: [[{}, String(value)]] })
