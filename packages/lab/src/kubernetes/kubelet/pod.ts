import path from 'node:path'
import type { Images } from '../images.ts'
import { timestamp } from '../names.ts'
import type { Phase, Pod, PodStatus, Terminated } from '../objects.ts'
import { ContainerRunner, type Surroundings, type Timing } from './container.ts'
import type { Configuration } from './environment.ts'
import type { Log } from './log.ts'
import type { PodNetwork } from './network.ts'
import { pause } from './pause.ts'
import type { Answer, Question } from './sandbox.ts'
import { isSidecar, statusOf, type InitStatus } from './status.ts'
import { makeVolumes, MountError } from './volumes.ts'

/** What sidecars have to end when the main containers did. */
const GRACE_SECONDS = 30

/** What a pod needs from its node. */
export interface Node {
  /** A folder of the node's on this machine. */
  readonly folder: string
  readonly network: PodNetwork
  readonly images: Images
  readonly timing: Timing
  configurationOf(namespace: string): Configuration
  event(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void
  resolve(pod: Pod, question: Question): Answer
  isRouted(ip: string): boolean
  /** The runner's facts changed: read `statusOf` and write it. */
  changed(pod: PodRunner): void
}

/** One pod on the node, from its binding to its end. */
export class PodRunner {
  /** The object as last seen. */
  pod: Pod
  readonly #node: Node
  readonly #folder: string
  readonly #startTime = timestamp()
  readonly #stopping = new AbortController()
  #ip: string | undefined
  #init: ContainerRunner[] = []
  #main: ContainerRunner[] = []
  /** Those of the init containers that keep running beside the main ones. */
  #sidecars: ContainerRunner[] = []
  #initDone = new Set<ContainerRunner>()
  #ended: Phase | undefined
  #life: Promise<void> = Promise.resolve()

  constructor(pod: Pod, node: Node) {
    this.pod = pod
    this.#node = node
    this.#folder = path.join(node.folder, pod.metadata.uid)
  }

  /** Begins its life. An error is a bug of the lab's. */
  start(onError: (error: unknown) => void): void {
    this.#life = this.#live().catch(onError)
  }

  get ip(): string | undefined {
    return this.#ip
  }

  status(pod: Pod): PodStatus {
    const init = this.#init.map((runner): InitStatus => {
      const done = this.#initDone.has(runner)
      const sidecar = this.#sidecars.includes(runner)
      return { done, sidecar, status: sidecar ? runner.status : { ...runner.status, ready: done } }
    })
    const main = this.#main.map(({ status }) => status)
    return statusOf(pod, { ip: this.#ip, startTime: this.#startTime, init, main, ended: this.#ended })
  }

  /** A container's log; the only container's when none is named. */
  log(container: string | undefined, previous: boolean): Log | undefined {
    const all = [...this.#main, ...this.#init]
    return (container === undefined ? all[0] : all.find(({ spec }) => spec.name === container))?.log(previous)
  }

  isRunning(container: string): boolean {
    const runner = [...this.#main, ...this.#init].find(({ spec }) => spec.name === container)
    return runner?.status.state.running !== undefined
  }

  async #live(): Promise<void> {
    const { pod } = this
    const { spec } = pod
    const inits = spec.initContainers ?? []
    const waiting = inits.length > 0 ? 'PodInitializing' : 'ContainerCreating'
    const runnerOf = (index: number, kind: 'containers' | 'initContainers'): ContainerRunner[] => {
      const container = spec[kind]?.[index]
      return container === undefined
        ? []
        : [new ContainerRunner(container, this.#around(container.name, kind), waiting)]
    }
    this.#init = inits.flatMap((_, index) => runnerOf(index, 'initContainers'))
    this.#sidecars = this.#init.filter(({ spec: each }) => isSidecar(each))
    this.#main = spec.containers.flatMap((_, index) => runnerOf(index, 'containers'))
    this.#changed()
    if (!(await this.#mount())) return
    this.#ip = this.#node.network.allocate()
    this.#changed()
    const restart = spec.restartPolicy ?? 'Always'
    for (const runner of this.#init) {
      if (this.#sidecars.includes(runner)) await Promise.race([runner.run('Always'), runner.begun])
      else {
        const ended = await runner.run(restart === 'Never' ? 'Never' : 'OnFailure')
        if (ended?.exitCode !== 0 && !this.#stopping.signal.aborted) return this.#end('Failed')
      }
      if (this.#stopping.signal.aborted) return
      this.#initDone.add(runner)
      this.#changed()
    }
    const ends = await Promise.all(this.#main.map((runner) => runner.run(restart)))
    if (this.#stopping.signal.aborted) return
    await Promise.all(this.#sidecars.map((runner) => runner.stop(GRACE_SECONDS * 1000)))
    this.#end(phaseOf(ends))
  }

  async #mount(): Promise<boolean> {
    const configuration = this.#node.configurationOf(this.pod.metadata.namespace ?? '')
    const { backOffMs } = this.#node.timing
    for (let tries = 1; ; tries++) {
      try {
        await makeVolumes(this.pod, this.#folder, configuration)
        return !this.#stopping.signal.aborted
      } catch (error) {
        if (!(error instanceof MountError)) throw error
        this.#node.event(this.pod, 'Warning', 'FailedMount', error.message)
        if (!(await pause(Math.min(backOffMs * 2 ** tries, backOffMs * 30), this.#stopping.signal)))
          return false
      }
    }
  }

  #around(container: string, kind: 'containers' | 'initContainers'): Surroundings {
    const { pod } = this
    const node = this.#node
    const ip = (): string => this.#ip ?? ''
    return {
      pod,
      get ip(): string {
        return ip()
      },
      folder: this.#folder,
      network: node.network,
      images: node.images,
      configuration: node.configurationOf(pod.metadata.namespace ?? ''),
      timing: node.timing,
      changed: () => this.#changed(),
      event: (type, reason, message) => node.event(pod, type, reason, message, `spec.${kind}{${container}}`),
      resolve: (question) => node.resolve(pod, question),
      isRouted: () => node.isRouted(ip()),
    }
  }

  /** Ends every container within the grace period, main containers first. Settles when all have ended. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort()
    const deadline = Date.now() + graceMs
    await Promise.all(this.#main.map((runner) => runner.stop(graceMs)))
    await Promise.all(this.#init.map((runner) => runner.stop(Math.max(deadline - Date.now(), 0))))
    await this.#life
    if (this.#ended === undefined) this.#end(phaseOf(this.#main.map(({ status }) => status.state.terminated)))
  }

  /** Ends it now. */
  async kill(): Promise<void> {
    this.#stopping.abort()
    for (const runner of [...this.#main, ...this.#init]) runner.kill()
    await this.#life
  }

  #end(phase: Phase): void {
    this.#ended = phase
    this.#changed()
  }

  #changed(): void {
    this.#node.changed(this)
  }
}

function phaseOf(ends: readonly (Terminated | undefined)[]): Phase {
  return ends.every((ended) => ended?.exitCode === 0) ? 'Succeeded' : 'Failed'
}
