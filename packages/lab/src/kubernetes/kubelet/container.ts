import { randomBytes } from 'node:crypto'
import type { Images, KnownImage } from '../images.ts'
import { timestamp } from '../names.ts'
import type { Container, ContainerState, ContainerStatus, Hook, Pod, Probe, Terminated } from '../objects.ts'
import { commandOf, StartError } from './command.ts'
import { ConfigError, environmentOf, expand, type Configuration } from './environment.ts'
import { Log } from './log.ts'
import type { PodNetwork } from './network.ts'
import { pause } from './pause.ts'
import { get, keepAsking, type Target } from './probe.ts'
import { Program } from './program.ts'
import type { Answer, Question } from './sandbox.ts'
import { makeRoot } from './volumes.ts'

/** What a container needs from its pod. */
export interface Surroundings {
  readonly pod: Pod
  readonly ip: string
  /** The pod's folder on this machine. */
  readonly folder: string
  readonly network: PodNetwork
  readonly images: Images
  readonly configuration: Configuration
  readonly timing: Timing
  /** Something in a status changed. */
  changed(): void
  event(type: 'Normal' | 'Warning', reason: string, message: string): void
  resolve(question: Question): Answer
  /** Whether requests are still sent to the pod. */
  isRouted(): boolean
}

export interface Timing {
  /** Probe periods and initial delays are divided by it. */
  readonly probeDivisor: number
  /** The first back-off of a crashed container or a failed pull, in milliseconds; it doubles, up to 30 times this. */
  readonly backOffMs: number
}

/**
 * A preStop command of the lab's own: it ends when nothing sends requests to the pod any more. A sleep is a guess at how
 * long that takes, and on a machine that is short of processors a wrong one.
 */
export const UNTIL_UNROUTED = 'until-unrouted'

/** How a container's life goes on after an exit: Always, after a failure, or never. */
export type Restart = 'Always' | 'OnFailure' | 'Never'

/** The first back-off of a real kubelet, in seconds; the messages tell the real one. */
const REAL_BACK_OFF = 10
const REAL_LIMIT = 300

/** One container of a pod: pulls, starts, probes, restarts, stops, and knows its status and logs. */
export class ContainerRunner {
  readonly spec: Container
  /** Settles once it has started, and passed its startup probe. */
  readonly begun: Promise<unknown>
  readonly #begin: () => void
  readonly #around: Surroundings
  readonly #stopping = new AbortController()
  #state: ContainerState = {}
  #lastState: ContainerState = {}
  #restarts = 0
  #ready = false
  #started = false
  #imageID = ''
  #containerID: string | undefined
  #program: Program | undefined
  #running: AbortController | undefined
  #log = new Log()
  #previous: Log | undefined
  #done: Promise<Terminated | undefined> | undefined

  constructor(spec: Container, around: Surroundings, waiting: 'ContainerCreating' | 'PodInitializing') {
    this.spec = spec
    this.#around = around
    const { promise, resolve } = Promise.withResolvers<unknown>()
    this.begun = promise
    this.#begin = () => {
      resolve(undefined)
    }
    this.#state = { waiting: { reason: waiting } }
  }

  get status(): ContainerStatus {
    return {
      name: this.spec.name,
      image: this.spec.image,
      imageID: this.#imageID,
      ...(this.#containerID === undefined ? {} : { containerID: this.#containerID }),
      ready: this.#ready,
      started: this.#started,
      restartCount: this.#restarts,
      state: this.#state,
      lastState: this.#lastState,
    }
  }

  /** The log of the run that is on or was last, or of the one before; undefined when there was none. */
  log(previous: boolean): Log | undefined {
    return previous ? this.#previous : this.#containerID === undefined ? undefined : this.#log
  }

  /**
   * Runs until the container will not be started again.
   * @returns how it ended; undefined when it never ran
   */
  run(restart: Restart): Promise<Terminated | undefined> {
    this.#done = this.#run(restart)
    return this.#done
  }

  async #run(restart: Restart): Promise<Terminated | undefined> {
    for (let failures = 0; ; failures++) {
      const ended = await this.#runOnce()
      if (ended === undefined) return undefined
      const again = restart === 'Always' || (restart === 'OnFailure' && ended.exitCode !== 0)
      if (!again || this.#stopping.signal.aborted) return ended
      if (failures > 0 && !(await this.#backOff(failures, ended))) return ended
      if (this.#stopping.signal.aborted) return ended
      this.#lastState = { terminated: ended }
      this.#previous = this.#log
      this.#log = new Log()
      this.#restarts++
    }
  }

  /** The wait before the next start: the first restart is at once, as a kubelet does it. */
  #backOff(failures: number, ended: Terminated): Promise<boolean> {
    const pod = this.#podName()
    const delay = duration(Math.min(REAL_BACK_OFF * 2 ** (failures - 1), REAL_LIMIT))
    const message = `back-off ${delay} restarting failed container=${this.spec.name} pod=${pod}`
    this.#lastState = { terminated: ended }
    this.#set({ waiting: { reason: 'CrashLoopBackOff', message } })
    this.#event('Warning', 'BackOff', `Back-off restarting failed container ${this.spec.name} in pod ${pod}`)
    return pause(this.#delayOf(failures), this.#stopping.signal)
  }

  #delayOf(failures: number): number {
    const { backOffMs } = this.#around.timing
    return Math.min(backOffMs * 2 ** (failures - 1), backOffMs * 30)
  }

  async #runOnce(): Promise<Terminated | undefined> {
    const image = await this.#pull()
    if (image === undefined) return undefined
    const { pod, ip, configuration, folder } = this.#around
    let env: Record<string, string>
    for (let tries = 1; ; tries++) {
      try {
        env = environmentOf(this.spec, pod, ip, image.env ?? {}, configuration)
        break
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        this.#set({ waiting: { reason: 'CreateContainerConfigError', message: error.message } })
        this.#event('Warning', 'Failed', `Error: ${error.message}`)
        if (!(await pause(this.#delayOf(tries), this.#stopping.signal))) return undefined
      }
    }
    const root = await makeRoot(this.spec, image.files ?? {}, folder)
    this.#containerID = `containerd://${randomBytes(32).toString('hex')}`
    this.#imageID = `${image.repository}@${image.digest}`
    this.#event('Normal', 'Created', `Created container: ${this.spec.name}`)
    const line = [...(this.spec.command ?? image.command ?? ['node']), ...(this.spec.args ?? [])].map(
      (part) => expand(part, env),
    )
    try {
      const command = await commandOf(line, root, this.spec.workingDir)
      if (this.#stopping.signal.aborted) return undefined
      return await this.#live(command.file, command.argv, root, env)
    } catch (error) {
      if (!(error instanceof StartError)) throw error
      this.#event('Warning', 'Failed', `Error: ${error.message}`)
      return this.#ended({
        exitCode: 128,
        reason: 'StartError',
        message: error.message,
        startedAt: '1970-01-01T00:00:00Z',
      })
    }
  }

  /** The program's life, from its start to its exit. */
  async #live(
    file: string,
    argv: readonly string[],
    root: string,
    env: Record<string, string>,
  ): Promise<Terminated> {
    const { ip, network, pod } = this.#around
    const open = new Map<number, number>()
    const startedAt = timestamp()
    const log = this.#log
    const program = new Program(
      { file, argv, root, env, hostname: pod.metadata.name },
      {
        output: (text) => log.write(text),
        listening: (port, realPort) => {
          open.set(port, realPort)
          network.open(ip, port, realPort)
        },
        closed: (port, realPort) => network.close(ip, port, realPort),
        resolve: (question) => this.#around.resolve(question),
      },
    )
    this.#program = program
    const running = new AbortController()
    this.#running = running
    this.#started = this.spec.startupProbe === undefined
    this.#ready = this.#started && this.spec.readinessProbe === undefined
    if (this.#started) this.#begin()
    this.#set({ running: { startedAt } })
    this.#event('Normal', 'Started', `Started container ${this.spec.name}`)
    this.#probe(running.signal)
    const exitCode = await program.exited
    running.abort()
    this.#program = undefined
    for (const [port, realPort] of open) network.close(ip, port, realPort)
    return this.#ended({ exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt })
  }

  #ended(how: { exitCode: number; reason: string; message?: string; startedAt: string }): Terminated {
    const ended: Terminated = { ...how, finishedAt: timestamp(), containerID: this.#containerID ?? '' }
    this.#ready = false
    this.#started = false
    this.#set({ terminated: ended })
    return ended
  }

  #probe(signal: AbortSignal): void {
    const { startupProbe, readinessProbe, livenessProbe } = this.spec
    const afterStartup = (): void => {
      if (readinessProbe !== undefined) {
        this.#ask('Readiness', readinessProbe, signal, (ok) => {
          this.#ready = ok
          this.#around.changed()
        })
      }
      if (livenessProbe !== undefined)
        this.#ask('Liveness', livenessProbe, signal, (ok) => this.#restartUnless(ok, 'liveness'))
    }
    if (startupProbe === undefined) {
      afterStartup()
      return
    }
    const startup = new AbortController()
    this.#ask('Startup', startupProbe, AbortSignal.any([signal, startup.signal]), (ok) => {
      startup.abort()
      this.#restartUnless(ok, 'startup')
      if (!ok) return
      this.#started = true
      this.#begin()
      this.#ready = readinessProbe === undefined
      this.#around.changed()
      afterStartup()
    })
  }

  #ask(name: string, probe: Probe, signal: AbortSignal, settled: (ok: boolean) => void): void {
    const { ip, network, timing } = this.#around
    const target: Target = { container: this.spec, ip, network }
    void keepAsking(probe, target, timing.probeDivisor, signal, {
      failed: (message) => this.#event('Warning', 'Unhealthy', `${name} probe failed: ${message}`),
      settled,
    })
  }

  #restartUnless(ok: boolean, probe: string): void {
    if (ok || this.#program === undefined) return
    this.#event('Normal', 'Killing', `Container ${this.spec.name} failed ${probe} probe, will be restarted`)
    void this.#end(this.#program, (this.#around.pod.spec.terminationGracePeriodSeconds ?? 30) * 1000)
  }

  /**
   * Ends the container for good: preStop, SIGTERM, and SIGKILL when the grace period is over.
   * @param graceMs what is left of the pod's grace period
   */
  async stop(graceMs: number): Promise<void> {
    const deadline = Date.now() + graceMs
    this.#stopping.abort()
    const program = this.#program
    if (program !== undefined) {
      this.#event('Normal', 'Killing', `Stopping container ${this.spec.name}`)
      await this.#preStop(program, graceMs)
      await this.#end(program, deadline - Date.now())
    }
    await this.#done
  }

  /** Ends it now, as the loss of its node would. */
  kill(): void {
    this.#stopping.abort()
    this.#running?.abort()
    this.#program?.kill()
  }

  async #end(program: Program, graceMs: number): Promise<void> {
    program.signal('SIGTERM')
    const over = new AbortController()
    void pause(Math.max(graceMs, 0), over.signal).then((late) => {
      if (late) program.kill()
    })
    await program.exited
    over.abort()
  }

  async #preStop(program: Program, graceMs: number): Promise<void> {
    const hook = this.spec.lifecycle?.preStop
    if (hook === undefined) return
    const over = new AbortController()
    await Promise.race([this.#hook(hook, graceMs, over.signal), program.exited, pause(graceMs, over.signal)])
    over.abort()
  }

  async #hook({ httpGet, exec, sleep }: Hook, graceMs: number, signal: AbortSignal): Promise<unknown> {
    if (httpGet !== undefined) {
      const { ip, network } = this.#around
      return get(httpGet, { container: this.spec, ip, network }, graceMs).answer.catch((error: unknown) => {
        this.#event('Warning', 'FailedPreStopHook', `PreStopHook failed: ${String(error)}`)
      })
    }
    if (exec?.command?.[0] === UNTIL_UNROUTED) return this.#unrouted(signal)
    return pause((sleep?.seconds ?? sleepOf(exec?.command)) * 1000, signal)
  }

  async #unrouted(signal: AbortSignal): Promise<void> {
    while (this.#around.isRouted()) if (!(await pause(10, signal))) return
  }

  /** Waits until the image is there. Undefined when the container was stopped meanwhile. */
  async #pull(): Promise<KnownImage | undefined> {
    const { image: ref, imagePullPolicy } = this.spec
    const signal = this.#stopping.signal
    for (let tries = 1; ; tries++) {
      if (signal.aborted) return undefined
      const found = this.#around.images.lookup(ref)
      if (found.kind === 'found') {
        const { image } = found
        const cached = imagePullPolicy !== 'Always' && image.pullMs === undefined
        if (!cached) {
          this.#event('Normal', 'Pulling', `Pulling image "${ref}"`)
          if (!(await pause(image.pullMs ?? 0, signal))) return undefined
        }
        this.#event(
          'Normal',
          'Pulled',
          cached
            ? `Container image "${ref}" already present on machine`
            : `Successfully pulled image "${ref}" in ${image.pullMs ?? 0}ms (${image.pullMs ?? 0}ms including waiting). Image size: 60000000 bytes.`,
        )
        return image
      }
      if (found.kind === 'invalid') {
        const message = `Failed to apply default image tag "${ref}": couldn't parse image name "${ref}": invalid reference format`
        this.#set({ waiting: { reason: 'InvalidImageName', message } })
        this.#event('Warning', 'InspectFailed', message)
        this.#event('Warning', 'Failed', 'Error: InvalidImageName')
        if (!(await pause(this.#delayOf(tries), signal))) return undefined
        continue
      }
      this.#event('Normal', 'Pulling', `Pulling image "${ref}"`)
      this.#event('Warning', 'Failed', `Failed to pull image "${ref}": ${found.message}`)
      this.#event('Warning', 'Failed', 'Error: ErrImagePull')
      this.#set({ waiting: { reason: 'ErrImagePull', message: found.message } })
      if (!(await pause(this.#delayOf(1) / 2, signal))) return undefined
      const backOff = `Back-off pulling image "${ref}"`
      this.#set({
        waiting: { reason: 'ImagePullBackOff', message: `${backOff}: ErrImagePull: ${found.message}` },
      })
      this.#event('Normal', 'BackOff', backOff)
      this.#event('Warning', 'Failed', 'Error: ImagePullBackOff')
      if (!(await pause(this.#delayOf(tries), signal))) return undefined
    }
  }

  #set(state: ContainerState): void {
    this.#state = state
    this.#around.changed()
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#around.event(type, reason, message)
  }

  #podName(): string {
    const { name, namespace, uid } = this.#around.pod.metadata
    return `${name}_${namespace}(${uid})`
  }
}

/** Seconds as Go writes a duration: `10s`, `1m20s`, `5m0s`. */
function duration(seconds: number): string {
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}

/** The seconds of a `sleep 5` or `sh -c "sleep 5"`; other commands end at once. */
function sleepOf(command: readonly string[] | undefined): number {
  return Number(/\bsleep\s+(\d+(?:\.\d+)?)/.exec(command?.join(' ') ?? '')?.[1] ?? 0)
}
