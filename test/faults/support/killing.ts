import type { EmbeddedKubernetes, GitHubEvent, RunningAction } from '@release-actions/lab'
import type { Stand } from './stand.ts'

/** Where an action is at work: all that a kill needs to know of it. */
export type Place = Pick<Stand, 'kubernetes' | 'scene'>

/** One write of the action to one of the two APIs, and whether it takes effect before the process is killed. */
export interface Moment {
  readonly api: 'kubernetes' | 'github'
  readonly when: 'before' | 'after'
  /** What is written: `patch deployments shop`. */
  readonly what: string
  /** 0 for the first write of that name: names do not depend on what is done side by side. */
  readonly nth: number
}

export interface Writes {
  readonly kubernetes: readonly string[]
  readonly github: readonly string[]
}

/** Before and after each of these writes. */
export function moments(writes: Writes): readonly Moment[] {
  return (['kubernetes', 'github'] as const).flatMap((api) =>
    writes[api].flatMap((what, at) => {
      const nth = writes[api].slice(0, at).filter((before) => before === what).length
      return (['before', 'after'] as const).map((when) => ({ api, when, what, nth }))
    }),
  )
}

/** The moment was there to come. A Lease is also renewed by the clock: so many times in one run, once less in the next. */
export function mustCome({ what }: Moment): boolean {
  return !what.startsWith('update leases ')
}

export function describeMoment({ api, when, what, nth }: Moment): string {
  return `${when} write ${nth} to ${api}: ${what}`
}

type ApiRequest = Parameters<Parameters<EmbeddedKubernetes['faults']['onWrite']>[0]>[0]

/** The user that the action is: the administrator of the stage writes, too. */
export const isAction = (request: ApiRequest): boolean =>
  request.user.name.startsWith('system:serviceaccount:')
const isGitHubWrite = ({ method, operation }: GitHubEvent): boolean =>
  method !== 'GET' && operation !== 'graphql'

/** Every write of the action from now on, as it arrives. */
export function countWrites({ kubernetes, scene }: Place): { readonly writes: Writes; stop(): void } {
  const writes = { kubernetes: [] as string[], github: [] as string[] }
  const ends = [
    kubernetes.faults.onWrite((request, phase) => {
      if (phase === 'before' && isAction(request)) writes.kubernetes.push(nameOf(request))
    }),
    scene.github.watch((moment, event) => {
      if (moment === 'before' && isGitHubWrite(event)) writes.github.push(nameOnGitHub(event, scene))
    }),
  ]
  return { writes, stop: () => ends.forEach((end) => end()) }
}

/** How an action ends before its time. */
export type Blow =
  /** The runner is gone with it. */
  | 'lose'
  /** Only the process is: the runner goes on to post. */
  | 'kill'
  /** The run is cancelled: it has seconds, and post comes after it. */
  | 'cancel'

/**
 * Strikes the action at a moment. Before a write, the request of a killed one is dropped as well: nothing of it takes
 * effect.
 * @returns whether it has struck
 */
export function killAt(
  { kubernetes: { faults }, scene }: Place,
  running: Pick<RunningAction, Blow>,
  moment: Moment,
  how: Blow,
): { readonly struck: boolean } {
  const result = { struck: false }
  let count = 0
  const isIt = (name: string): boolean => name === moment.what && count++ === moment.nth && !result.struck
  const strike = (): true => {
    result.struck = true
    if (how === 'kill') running.kill('SIGKILL')
    else running[how]()
    return true
  }
  const { github } = scene
  const dropped = how !== 'cancel'
  if (moment.api === 'kubernetes' && moment.when === 'before' && dropped) {
    const when = (request: ApiRequest): boolean =>
      isWrite(request) && isAction(request) && isIt(nameOf(request)) && strike()
    faults.order({ when }, { kind: 'drop-before' })
  } else if (moment.api === 'kubernetes') {
    faults.onWrite(
      (request, phase) =>
        void (phase === moment.when && isAction(request) && isIt(nameOf(request)) && strike()),
    )
  } else if (moment.when === 'before' && dropped) {
    const when = (event: GitHubEvent): boolean =>
      isGitHubWrite(event) && isIt(nameOnGitHub(event, scene)) && strike()
    github.fault({ when, fault: { kind: 'drop', effect: 'before' } })
  } else {
    github.watch(
      (phase, event) =>
        void (phase === moment.when && isGitHubWrite(event) && isIt(nameOnGitHub(event, scene)) && strike()),
    )
  }
  return result
}

/** As the hooks around writes see it: no dry runs, reviews or proxied requests. */
export function isWrite({ verb, target, query }: ApiRequest): boolean {
  if (target === undefined || target.group === 'authorization.k8s.io' || query.has('dryRun')) return false
  return target.subresource !== 'proxy' && ['create', 'update', 'patch', 'delete'].includes(verb)
}

/** `create jobs shop-flush-7300`: what is created has its name in the body. */
function nameOf({ verb, target, body }: ApiRequest): string {
  const { resource = '', name = verb === 'create' ? createdName(body) : '' } = target ?? {}
  return `${verb} ${resource} ${name}`
}

function createdName(body: Buffer): string {
  const { metadata } = JSON.parse(body.toString('utf8')) as { readonly metadata?: { readonly name?: string } }
  return metadata?.name ?? ''
}

/** `repos/create-deployment-status release-actions:shop failure`: what it is about, not its number. */
function nameOnGitHub({ operation, path, body }: GitHubEvent, { github }: Place['scene']): string {
  const number = Number(/\/(?:deployments|issues)\/([0-9]+)/.exec(path)?.[1])
  const deployment = github.deployments.find(({ id }) => id === number)
  const issue = github.issues.find((each) => each.number === number)
  const { task, name, state, labels } = (body ?? {}) as {
    readonly [field in 'task' | 'name' | 'state']?: string
  } & { readonly labels?: readonly string[] }
  const about = [
    task ?? deployment?.task ?? name,
    state,
    ...(labels ?? issue?.labels.map((label) => label.name) ?? []).filter((label) =>
      label.startsWith('service: '),
    ),
  ].filter((each) => each !== undefined)
  return [operation, ...about].join(' ')
}
