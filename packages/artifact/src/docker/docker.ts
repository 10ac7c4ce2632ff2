import type { Clock } from '@release-actions/ports'
import { execute } from '@release-actions/process'
import {
  Cancelled,
  Forbidden,
  NotFound,
  RateLimited,
  ReleaseError,
  Unreachable,
} from '@release-actions/values'

export interface DockerOptions {
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly clock: Clock
  /** Each line of docker's output. */
  readonly say: (line: string) => void
}

/** Docker's command line: arguments as they are, never through a shell. */
export class Docker {
  readonly #options: DockerOptions

  constructor(options: DockerOptions) {
    this.#options = options
  }

  /**
   * Runs it, and tells what it says.
   * @param doing what failed when it fails: `the build`
   * @returns its standard output
   * @throws ReleaseError by what docker said
   */
  async run(
    doing: string,
    args: readonly string[],
    signal: AbortSignal,
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const { say, ...options } = this.#options
    const ended = await execute({
      ...options,
      program: 'docker',
      args,
      env: { ...options.env, ...env },
      signal,
      onLine: say,
    })
    switch (ended.kind) {
      case 'unstarted':
        throw new NotFound(`docker could not be started: ${ended.message}`, {
          fix: ['install docker on the runner, or build by other means with the input command'],
        })
      case 'killed':
        throw new Cancelled(`${doing} was ended before it was done`)
      case 'exit':
        if (ended.code !== 0) throw failure(doing, ended.code, ended.tail)
        return ended.stdout
    }
  }

  /** Whether it can do something: nothing of what it says is told. */
  async can(args: readonly string[], signal: AbortSignal): Promise<boolean> {
    return (await this.ask(args, signal)) !== undefined
  }

  /** What it says when it is asked; undefined when it fails, or takes longer than `timeout` milliseconds. */
  async ask(args: readonly string[], signal: AbortSignal, timeout = 30_000): Promise<string | undefined> {
    const { env, cwd, clock } = this.#options
    const ended = await execute({ program: 'docker', args, env, cwd, clock, signal, timeout })
    return ended.kind === 'exit' && ended.code === 0 ? ended.stdout : undefined
  }
}

/** What docker says when it fails is for people; these are the ways that need different hands. */
function failure(doing: string, code: number, tail: string): ReleaseError {
  const why = tail.split('\n').filter((line) => line.trim() !== '')
  const message = `${doing} failed with exit code ${code}`
  if (/cannot connect to the docker daemon|error during connect|is the docker daemon running/i.test(tail))
    return new Unreachable(`${message}: the Docker engine does not answer`, {
      why,
      fix: ['start the Docker engine of the runner, or point DOCKER_HOST at one'],
    })
  if (/no space left on device/i.test(tail))
    return new ReleaseError('not-ready', `${message}: the disk is full`, {
      why,
      fix: ['make room on the runner (docker system prune, or a larger runner), and run the job again'],
    })
  if (/attestations? .*not supported/i.test(tail))
    return new ReleaseError('not-ready', `${message}: this builder of buildx makes no SBOM`, {
      why,
      fix: ['docker/setup-buildx-action before this step makes a builder that does; or sbom: true'],
    })
  if (/toomanyrequests|too many requests/i.test(tail))
    return new RateLimited(`${message}: the registry answered that there were too many requests`, undefined, {
      why,
      fix: ['docker login to the registry of the base image before this step: signed-in limits are higher'],
    })
  if (/\bdenied\b|unauthorized|authentication required|no basic auth credentials/i.test(tail))
    return new Forbidden(`${message}: a registry did not let docker in`, {
      why,
      fix: ['docker login to that registry before this step, as a user that may'],
    })
  if (/manifest unknown|manifest for .* not found|pull access denied/i.test(tail))
    return new NotFound(`${message}: there is no such base image`, { why, fix: ['correct the FROM lines'] })
  return new ReleaseError('unhealthy', message, {
    why,
    fix: ['its whole output is in the log of this step'],
  })
}
