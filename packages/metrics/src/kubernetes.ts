import {
  noData,
  reading,
  sourceError,
  type KubernetesSource,
  type Note,
  type Reading,
} from '@release-actions/judge'
import type { Pods, PodSight, Track } from '@release-actions/ports'
import { failed } from './failure.ts'
import type { RoundMemo } from './round.ts'
import type { GateSource, MetricsWorld } from './source.ts'

/** What the cluster itself says of the pods. */
export function kubernetesSource(
  { signal }: KubernetesSource,
  world: MetricsWorld,
  memo: RoundMemo,
): GateSource {
  const restarts = new Map<Track, Restarts>()
  const counted = new Map<Track, Set<string>>()
  return {
    async sample(track, look) {
      const { pods } = world
      const { workload } = world.names(track)
      if (pods === undefined) return sourceError('source-error', 'there is no cluster to ask')
      try {
        const list = await memo.pods(pods, track, look.round)
        const staying = list.filter(({ deleting }) => !deleting)
        switch (signal) {
          case 'ready': {
            const counting = world.newcomers === 'awaited' ? established(counted, track, staying) : staying
            if (counting.length === 0) return noData('no-pods', `there is no pod of ${workload}`)
            return readiness(counting)
          }
          case 'restarts': {
            const counted = restarts.get(track) ?? new Restarts()
            restarts.set(track, counted)
            return counted.read(list, workload)
          }
          case 'cpu':
          case 'memory':
            if (staying.length === 0) return noData('no-pods', `there is no pod of ${workload}`)
            return usage(
              signal,
              staying,
              await memo.get(look.round, `usage ${track}`, () => pods.usage(track)),
            )
        }
      } catch (error) {
        return failed(error, 'the cluster')
      }
    },
  }
}

/** Without those that came after the first look and have not been ready yet. */
function established(
  counted: Map<Track, Set<string>>,
  track: Track,
  pods: readonly PodSight[],
): readonly PodSight[] {
  const known = counted.get(track) ?? new Set(pods.map(({ uid }) => uid))
  if (known.size > 0) counted.set(track, known)
  for (const { uid, ready } of pods) if (ready) known.add(uid)
  return pods.filter(({ uid }) => known.has(uid))
}

function readiness(pods: readonly PodSight[]): Reading {
  const missing = pods.filter(({ ready }) => !ready).map(({ name }) => name)
  const notes: Note[] =
    missing.length === 0 ? [] : [{ reason: 'output', detail: `not ready: ${missing.slice(0, 5).join(', ')}` }]
  return reading((pods.length - missing.length) / pods.length, notes)
}

/** Restarts since the first look. A pod that appears later was made in the window: all of its restarts count. */
class Restarts {
  readonly #pods = new Map<string, { readonly name: string; readonly first: number; last: number }>()
  #begun = false

  read(list: readonly PodSight[], workload: string): Reading {
    for (const { uid, name, restarts } of list) {
      const known = this.#pods.get(uid)
      if (known === undefined)
        this.#pods.set(uid, { name, first: this.#begun ? 0 : restarts, last: restarts })
      else known.last = Math.max(known.last, restarts)
    }
    this.#begun ||= list.length > 0
    if (this.#pods.size === 0) return noData('no-pods', `there is no pod of ${workload}`)
    const restarted = [...this.#pods.values()].filter(({ first, last }) => last > first)
    const present = new Set(list.map(({ uid }) => uid))
    const notes: Note[] = [...this.#pods]
      .filter(([uid]) => !present.has(uid))
      .map(([, { name }]) => ({ reason: 'pod-gone', detail: `pod ${name} is gone; its restarts are kept` }))
    if (restarted.length > 0)
      notes.unshift({
        reason: 'output',
        detail: `restarted: ${restarted.map(({ name }) => name).join(', ')}`,
      })
    const count = restarted.reduce((sum, { first, last }) => sum + last - first, 0)
    // What is gone cannot restart any more: without a pod left, no restart is no news.
    return list.length === 0 && count === 0
      ? noData('pod-gone', `every pod of ${workload} is gone`, notes)
      : reading(count, notes)
  }
}

type Usage = Awaited<ReturnType<Pods['usage']>>

/** Usage of all pods together, as a share of their limits together. */
function usage(signal: 'cpu' | 'memory', pods: readonly PodSight[], used: Usage): Reading {
  if (used === undefined)
    return sourceError('no-metrics-server', 'the cluster has no metrics server (metrics.k8s.io)')
  const unlimited = pods.find(({ limits }) => limits[signal] === undefined)
  if (unlimited !== undefined) {
    return sourceError(
      'no-limit',
      `a container of pod ${unlimited.name} has no ${signal} limit, so there is no share of it`,
    )
  }
  const measured = pods.flatMap((pod) => {
    const usedByPod = used.get(pod.name)?.[signal]
    const limit = pod.limits[signal]
    return usedByPod === undefined || limit === undefined ? [] : [{ used: usedByPod, limit }]
  })
  if (measured.length === 0) return noData('empty', 'the metrics server has not measured these pods yet')
  const total = (of: 'used' | 'limit'): number => measured.reduce((sum, one) => sum + one[of], 0)
  const left = pods.length - measured.length
  return reading(
    total('used') / total('limit'),
    left === 0 ? [] : [{ reason: 'warning', detail: `${left} pods are not measured yet` }],
  )
}
