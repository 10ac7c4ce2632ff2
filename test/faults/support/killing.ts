import type { EmbeddedKubernetes, GitHubEvent, RunningAction } from '@release-actions/lab'
import type { Stand } from './stand.ts'

/** One write of the action to one of the two APIs, and whether it takes effect before the process is killed. */
export interface Moment {
  readonly api: 'kubernetes' | 'github'
  readonly when: 'before' | 'after'
  /** 0 for the action's first write to that API. */
  readonly write: number
  /** What it is in an undisturbed release. */
  readonly what: string
}

export interface Writes {
  readonly kubernetes: readonly string[]
  readonly github: readonly string[]
}

type ApiRequest = Parameters<Parameters<EmbeddedKubernetes['faults']['onWrite']>[0]>[0]

/** The user that the action is: the administrator of the stage writes, too. */
export const isAction = (request: ApiRequest): boolean =>
  request.user.name.startsWith('system:serviceaccount:')
const isGitHubWrite = ({ method, operation }: GitHubEvent): boolean =>
  method !== 'GET' && operation !== 'graphql'

/** Every write of the action from now on, as it arrives. */
export function countWrites({ kubernetes, scene }: Stand): { readonly writes: Writes; stop(): void } {
  const writes = { kubernetes: [] as string[], github: [] as string[] }
  const ends = [
    kubernetes.faults.onWrite((request, phase) => {
      if (phase !== 'before' || !isAction(request)) return
      const { resource = '', name = '' } = request.target ?? {}
      writes.kubernetes.push(`${request.verb} ${resource} ${name}`)
    }),
    scene.github.watch((moment, event) => {
      if (moment === 'before' && isGitHubWrite(event)) writes.github.push(event.operation)
    }),
  ]
  return { writes, stop: () => ends.forEach((end) => end()) }
}

/**
 * Kills the action at a moment: `lose` when the runner goes with it, `kill` when only the process does, so that the
 * runner goes on to post. Before a write, the request is dropped as well: nothing of it takes effect.
 * @returns whether it has struck
 */
export function killAt(
  stand: Stand,
  running: RunningAction,
  moment: Moment,
  how: 'lose' | 'kill',
): { readonly struck: boolean } {
  const result = { struck: false }
  let count = 0
  const isIt = (): boolean => count++ === moment.write && !result.struck
  const strike = (): true => {
    result.struck = true
    if (how === 'lose') running.lose()
    else running.kill('SIGKILL')
    return true
  }
  const { faults } = stand.kubernetes
  const { github } = stand.scene
  if (moment.api === 'kubernetes' && moment.when === 'before') {
    const when = (request: ApiRequest): boolean => isWrite(request) && isAction(request) && isIt() && strike()
    faults.order({ when }, { kind: 'drop-before' })
  } else if (moment.api === 'kubernetes') {
    faults.onWrite((request, phase) => void (phase === 'after' && isAction(request) && isIt() && strike()))
  } else if (moment.when === 'before') {
    const when = (event: GitHubEvent): boolean => isGitHubWrite(event) && isIt() && strike()
    github.fault({ when, fault: { kind: 'drop', effect: 'before' } })
  } else {
    github.watch((phase, event) => void (phase === 'after' && isGitHubWrite(event) && isIt() && strike()))
  }
  return result
}

/** As the hooks around writes see it: no dry runs, reviews or proxied requests. */
export function isWrite({ verb, target, query }: ApiRequest): boolean {
  if (target === undefined || target.group === 'authorization.k8s.io' || query.has('dryRun')) return false
  return target.subresource !== 'proxy' && ['create', 'update', 'patch', 'delete'].includes(verb)
}
