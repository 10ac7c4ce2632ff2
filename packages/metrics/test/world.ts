import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHttp } from '@release-actions/http'
import { parseGates, type Gate, type Reading } from '@release-actions/judge'
import type { Clock, Pods, PodSight, ProxyAnswer, Track } from '@release-actions/ports'
import { NotFound } from '@release-actions/values'
import { loadSources, type GateSource, type Look, type MetricsWorld } from '../src/index.ts'

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve()
      const timer = setTimeout(resolve, ms)
      timer.unref()
      signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    }),
}

/** A clock that a test moves by hand. */
export class HandClock implements Clock {
  #now = 1_000_000
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>()

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { until: this.#now + ms, wake: resolve }
      if (signal?.aborted === true || ms <= 0) return resolve()
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper)
        resolve()
      })
    })
  }

  advance(ms: number): void {
    this.#now += ms
    for (const sleeper of this.#sleepers) {
      if (sleeper.until > this.#now) continue
      this.#sleepers.delete(sleeper)
      sleeper.wake()
    }
  }
}

export interface FakePod extends Partial<PodSight> {
  readonly name: string
  /** What it answers, by path; a thrown error is thrown by `get`. */
  answer?: (path: string) => Partial<ProxyAnswer> | string
}

/** Pods as a test says they are; it changes them between looks. */
export class FakePods implements Pods {
  readonly tracks = new Map<Track, FakePod[]>()
  used: ReadonlyMap<string, { readonly cpu: number; readonly memory: number }> | undefined
  /** Service proxy requests, in their order. */
  readonly asked: string[] = []
  prometheus: (path: string) => Partial<ProxyAnswer> | string = () => ({ status: 503, body: 'no endpoints' })

  async list(track: Track): Promise<readonly PodSight[]> {
    return (this.tracks.get(track) ?? []).map((pod) => ({
      uid: pod.name,
      ready: true,
      deleting: false,
      startedAt: 0,
      restarts: 0,
      ports: {},
      limits: { cpu: undefined, memory: undefined },
      ...pod,
    }))
  }

  async get(pod: PodSight, _port: number | string, path: string): Promise<ProxyAnswer> {
    const found = [...this.tracks.values()].flat().find(({ name }) => name === pod.name)
    if (found === undefined) throw new NotFound(`pod ${pod.name} does not exist`)
    return answerOf(found.answer?.(path) ?? { status: 404, body: 'not found' })
  }

  async service(
    name: { namespace: string; service: string; port: number | string },
    path: string,
  ): Promise<ProxyAnswer> {
    this.asked.push(
      `${name.namespace}/${name.service}:${name.port}${decodeURIComponent(path.replaceAll('+', ' '))}`,
    )
    return answerOf(this.prometheus(path))
  }

  async usage(): Promise<ReadonlyMap<string, { readonly cpu: number; readonly memory: number }> | undefined> {
    return this.used
  }
}

function answerOf(given: Partial<ProxyAnswer> | string): ProxyAnswer {
  const base = { status: 200, headers: {}, body: '', latency: 12 }
  return typeof given === 'string' ? { ...base, body: given } : { ...base, ...given }
}

export function worldOf(more: Partial<MetricsWorld> = {}): MetricsWorld {
  const clock = more.clock ?? realClock
  return {
    pods: new FakePods(),
    http: createHttp({ clock }),
    clock,
    namespace: 'shop',
    names: (track) => ({
      service: 'shop',
      workload: track === 'stable' ? 'shop' : `shop-${track}`,
      version: track === 'stable' ? '1.3.2' : '1.4.0',
      'kube-service': 'shop',
    }),
    env: { PATH: process.env['PATH'] },
    workspace: process.cwd(),
    ...more,
  }
}

/** One gate's source and how to look at it: rounds count up, ten seconds apart. */
export async function watch(world: MetricsWorld, yaml: string): Promise<(track?: Track) => Promise<Reading>> {
  const source = await sourceOf(world, yaml)
  let round = -1
  return (track = 'canary') => {
    round += 1
    return source.sample(track, lookAt(round))
  }
}

export function lookAt(round: number, more: Partial<Look> = {}): Look {
  const elapsed = round * 10_000
  return {
    round,
    at: 1_000_000 + elapsed,
    elapsed,
    timeout: 2000,
    signal: new AbortController().signal,
    ...more,
  }
}

export async function sourceOf(world: MetricsWorld, yaml: string): Promise<GateSource> {
  const gate = await gateOf(yaml)
  const sources = await loadSources([gate], world)
  return sources.open()(gate)
}

export async function gateOf(yaml: string): Promise<Gate> {
  const [gate] = await parseGates('gates', yaml)
  if (gate === undefined) throw new Error('no gate')
  return gate
}

/** A server on loopback; `close` ends its connections too. */
export async function serve(listener: RequestListener): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
