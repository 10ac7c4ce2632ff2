import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { EventRecorder } from '../controllers/events.ts'
import type { Images } from '../images.ts'
import { canonical } from '../names.ts'
import type { Pod } from '../objects.ts'
import type { StoreEvent } from '../store.ts'
import { CONFIG_MAP, isKind, POD, SECRET, type Objects } from '../typed.ts'
import type { Timing } from './container.ts'
import type { Configuration } from './environment.ts'
import type { Log } from './log.ts'
import type { PodNetwork } from './network.ts'
import { PodRunner, type Node } from './pod.ts'
import type { Answer, Question } from './sandbox.ts'

export interface KubeletOptions {
  readonly objects: Objects
  readonly events: EventRecorder
  readonly images: Images
  readonly network: PodNetwork
  readonly timing: Timing
  /** A folder of its own on this machine. */
  readonly folder: string
  /** Where a connection from a pod to an address of the cluster leads. */
  readonly resolve: (pod: Pod, question: Question) => Answer
  /** Whether requests are still sent to an address. */
  readonly isRouted: (ip: string) => boolean
  /** An error that no pod explains: a bug of the lab's. */
  readonly onError: (error: unknown) => void
}

/** Runs the pods that are bound to the node, and writes what becomes of them. */
export class Kubelet implements Node {
  readonly folder: string
  readonly network: PodNetwork
  readonly images: Images
  readonly timing: Timing
  readonly #options: KubeletOptions
  readonly #pods = new Map<string, PodRunner>()
  readonly #ending = new Set<Promise<void>>()
  readonly #unsubscribe: () => void

  constructor(options: KubeletOptions) {
    this.#options = options
    this.folder = options.folder
    this.network = options.network
    this.images = options.images
    this.timing = options.timing
    this.#unsubscribe = options.objects.store.subscribe((event) => this.#seen(event))
  }

  /** The pod's log, when it is or was on this node. */
  log(pod: Pod, container: string | undefined, previous: boolean): Log | undefined {
    return this.#pods.get(pod.metadata.uid)?.log(container, previous)
  }

  /** Whether the container's program runs now. */
  isRunning(pod: Pod, container: string): boolean {
    return this.#pods.get(pod.metadata.uid)?.isRunning(container) ?? false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe()
    const pods = [...this.#pods.values()]
    this.#pods.clear()
    await Promise.all(pods.map((pod) => pod.kill()))
    await Promise.all(this.#ending)
  }

  #seen({ type, kind, object }: StoreEvent): void {
    if (!isKind(kind, POD)) return
    const pod = object as Pod
    const runner = this.#pods.get(pod.metadata.uid)
    if (type === 'DELETED') {
      if (runner !== undefined) this.#forget(runner)
      return
    }
    const { deletionTimestamp } = pod.metadata
    if (runner === undefined) {
      if (deletionTimestamp !== undefined) this.#removeNeverStarted(pod)
      else if (pod.spec.nodeName !== undefined) this.#start(pod)
      return
    }
    const before = runner.pod
    runner.pod = pod
    if (deletionTimestamp !== undefined && before.metadata.deletionTimestamp === undefined) this.#end(runner)
    else if (canonical(before.status?.conditions) !== canonical(pod.status?.conditions))
      queueMicrotask(() => this.changed(runner))
  }

  #start(pod: Pod): void {
    const runner = new PodRunner(pod, this)
    this.#pods.set(pod.metadata.uid, runner)
    runner.start(this.#options.onError)
  }

  #removeNeverStarted({ metadata }: Pod): void {
    queueMicrotask(() =>
      this.#options.objects.store.finalizeDelete(POD.kind, metadata.namespace, metadata.name),
    )
  }

  #end(runner: PodRunner): void {
    const { pod } = runner
    const { objects, onError } = this.#options
    const grace = pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30
    const ended = runner
      .stop(grace * 1000)
      .then(() => {
        if (this.#pods.get(pod.metadata.uid) === runner)
          objects.store.finalizeDelete(POD.kind, pod.metadata.namespace, pod.metadata.name)
      })
      .catch(onError)
    this.#track(ended)
  }

  #forget(runner: PodRunner): void {
    this.#pods.delete(runner.pod.metadata.uid)
    this.#track(
      runner
        .kill()
        .then(() => rm(path.join(this.folder, runner.pod.metadata.uid), { recursive: true, force: true }))
        .catch(this.#options.onError),
    )
  }

  #track(ended: Promise<void>): void {
    this.#ending.add(ended)
    void ended.finally(() => this.#ending.delete(ended))
  }

  changed(runner: PodRunner): void {
    if (this.#pods.get(runner.pod.metadata.uid) !== runner) return
    const { objects } = this.#options
    const current = objects.get(POD, runner.pod.metadata.namespace, runner.pod.metadata.name)
    if (current?.metadata.uid !== runner.pod.metadata.uid) return
    const status = runner.status(current)
    if (canonical(status) === canonical(current.status)) return
    objects.updateStatus(POD, current, (pod) => {
      pod.status = status
    })
  }

  event(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void {
    if (this.#pods.has(pod.metadata.uid))
      this.#options.events.record('kubelet', pod, type, reason, message, fieldPath)
  }

  resolve(pod: Pod, question: Question): Answer {
    return this.#options.resolve(pod, question)
  }

  isRouted(ip: string): boolean {
    return this.#options.isRouted(ip)
  }

  configurationOf(namespace: string): Configuration {
    const { objects } = this.#options
    return {
      configMap: (name) => {
        const found = objects.get(CONFIG_MAP, namespace, name)
        return found === undefined ? undefined : (found.data ?? {})
      },
      secret: (name) => {
        const found = objects.get(SECRET, namespace, name)
        return found === undefined
          ? undefined
          : Object.fromEntries(
              Object.entries(found.data ?? {}).map(([key, value]) => [
                key,
                Buffer.from(value, 'base64').toString(),
              ]),
            )
      },
    }
  }
}
