import { COLORS } from '@release-actions/release'
import { ReleaseError } from '@release-actions/values'
import { proveAccess } from '../access.ts'
import type { Applying } from '../canary/applying.ts'
import { foreign } from '../canary/cluster.ts'
import { claimsOf } from '../canary/preflight.ts'
import { refusedBeside } from '../canary/beside-template.ts'
import { judgeWorkload } from '../canary/refusals.ts'
import { ownedBy } from '../canary/revisions.ts'
import { templateHash } from '../canary/template-hash.ts'
import { warnedVertical } from '../canary/vertical-autoscaler.ts'
import type { Client } from '../client.ts'
import { COLOR, colorName, OWNER } from '../names.ts'
import { createdAt, type Deployment, type LabelSelector, type ReplicaSet, type Service } from '../objects.ts'
import { roleRules, type RoleRule } from '../role.ts'
import { selectorText } from '../selectors.ts'
import { type Following, followings, selectorOf } from './followers.ts'
import { named, othersBehind } from './others-behind.ts'
import { appliers, refuseSelectorOwner } from './selector-owner.ts'
import { templateOf } from './template-of.ts'
import type { ColorStanding } from './standing.ts'
import type { ColorTarget } from './target.ts'
import { uncoloured } from './template.ts'
import { COLOR_WORDS } from './words.ts'

export interface ColorPreflightOptions {
  readonly client: Client
  readonly target: ColorTarget
  readonly standing: ColorStanding
  readonly applying: Applying | undefined
  readonly mayPatchBudgets: () => Promise<boolean>
  /** What else the step will do: `gates` (through the proxies), `hooks`. */
  readonly uses: readonly RoleRule['when'][]
}

/**
 * The first look, before anything is touched: what cannot be released is refused with all its reasons at once, and
 * every verb that the way there and back needs is proved to be allowed.
 * @returns warnings, a sentence each
 * @throws Forbidden, Conflict, ReleaseError `invalid-input`
 */
export async function lookFirstAtColors(options: ColorPreflightOptions): Promise<readonly string[]> {
  const { client, target, standing, applying } = options
  const { namespace } = client
  const { workload, deployment } = target
  const route = target.switching === undefined
  await proveAccess(
    client,
    roleRules(['always', 'bluegreen', ...(route ? (['httproute'] as const) : []), ...options.uses]),
  )
  const template = uncoloured(target.goal?.template ?? deployment.spec?.template ?? {})
  const names = [workload, colorName(workload, 'blue'), colorName(workload, 'green')]
  const labels = selectorText(deployment.spec?.selector ?? {})
  const [autoscalers, budgets, services, sets, blue, green, claims, manifests, vertical] = await Promise.all([
    client.list('HorizontalPodAutoscaler'),
    client.list('PodDisruptionBudget'),
    client.list('Service'),
    client.list('ReplicaSet', { labels }),
    client.find('Deployment', colorName(workload, 'blue')),
    client.find('Deployment', colorName(workload, 'green')),
    claimsOf(client, template),
    applying?.look(),
    warnedVertical(client, names, COLOR_WORDS),
  ])
  for (const each of [blue, green]) {
    if (each !== undefined && each.metadata?.annotations?.[OWNER] !== workload) {
      throw foreign(namespace, each.metadata?.name ?? '')
    }
  }
  const all = followings({
    workload,
    labels: deployment.spec?.template.metadata?.labels ?? {},
    autoscalers: autoscalers.items,
    budgets: budgets.items,
    services: services.items.filter(({ metadata }) => metadata?.name !== target.switching),
  })
  const selecting = await sharedBy(client, deployment.spec?.selector ?? {}, [
    ...all.filter(({ to }) => to === 'own'),
    ...switched(services.items, target.switching),
  ])
  const scaled = all.some(({ kind }) => kind === 'HorizontalPodAutoscaler')
  const needed = [...(scaled ? roleRules(['autoscaler']) : []), ...(manifests?.rules ?? [])]
  if (needed.length > 0) await proveAccess(client, needed)
  const service = services.items.find((each) => each.metadata?.name === target.service)
  const verdict = judgeWorkload({
    deployment,
    goal: template,
    service,
    autoscaler: autoscalers.items.find(({ metadata }) =>
      all.some((each) => each.kind === 'HorizontalPodAutoscaler' && each.name === metadata?.name),
    ),
    claims,
    spread: false,
    words: COLOR_WORDS,
  })
  const refused = [
    ...(service === undefined ? [`the Service ${target.service} does not exist`] : []),
    ...verdict.refused,
    ...refusedShared(selecting, target.switching),
    ...(deployment.spec?.template.metadata?.labels?.[COLOR] === undefined
      ? []
      : [
          `the pods of Deployment ${workload} carry ${COLOR}, which is for the colours' pods only; take it out of the manifest`,
        ]),
    ...(manifests?.refused ?? []),
    ...(target.manifests === undefined ? [] : refusedBeside(target.manifests.deployment)),
  ]
  if (refused.length > 0) throw refusal(`${namespace}/${workload}`, refused)
  return [
    ...verdict.warnings,
    ...(await warnedFollowers(
      options,
      all.filter((each) => !selecting.has(each.object)),
    )),
    ...warnedShared(selecting),
    ...warnedOwn(standing, target, sets.items),
    ...vertical,
    ...(manifests?.warnings ?? []),
  ]
}

type Shared = Pick<Following, 'object' | 'kind' | 'name' | 'found'>

/** The Service that is to be switched, as long as it has no key of ours. */
function switched(services: readonly Service[], name: string | undefined): readonly Shared[] {
  const found = services.find(({ metadata }) => metadata?.name === name)
  if (name === undefined || found === undefined || found.spec?.selector?.[COLOR] !== undefined) return []
  return [{ kind: 'Service', name, object: `Service/${name}`, found }]
}

/** Those that also select pods of others, with the names of these. */
async function sharedBy(
  client: Client,
  own: LabelSelector,
  all: readonly Shared[],
): Promise<ReadonlyMap<string, Shared & { readonly pods: readonly string[] }>> {
  const looked = await Promise.all(
    all.map(async (each) => {
      const by = selectorOf(each)
      const none = by === undefined || (each.kind === 'Service' && isEmpty(by))
      const pods = none ? [] : await othersBehind(client, by, own)
      return [each.object, { ...each, pods }] as const
    }),
  )
  return new Map(looked.filter(([, { pods }]) => pods.length > 0))
}

/** A Service without a selector is refused for that. */
function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0
}

/** A headless one gives nobody's requests to a pod: it says which pods there are. */
function isHeadless({ kind, found }: Shared): boolean {
  return kind === 'Service' && (found as Service).spec?.clusterIP === 'None'
}

function* refusedShared(
  selecting: Awaited<ReturnType<typeof sharedBy>>,
  switching: string | undefined,
): Generator<string> {
  for (const each of selecting.values()) {
    if (each.kind !== 'Service' || (isHeadless(each) && each.name !== switching)) continue
    yield `the Service ${each.name} also selects pods of others (${named(each.pods)}): with the colour in its selector they would get no requests, without it the idle colour would; give the workload a Service of its own`
  }
}

function* warnedShared(selecting: Awaited<ReturnType<typeof sharedBy>>): Generator<string> {
  for (const each of selecting.values()) {
    const also = `${each.kind} ${each.name} also selects pods of others (${named(each.pods)}), so it is left as it is`
    if (each.kind === 'PodDisruptionBudget') yield `${also}: ${counted(each.name)}`
    else if (isHeadless(each)) yield `${also}: what finds pods by it finds those of the idle colour too`
  }
}

/** @throws ReleaseError for a Service whose selector somebody applies server-side, as long as nothing is adopted */
async function warnedFollowers(
  { client, standing, mayPatchBudgets }: ColorPreflightOptions,
  all: readonly Following[],
): Promise<readonly string[]> {
  const warnings: string[] = []
  for (const { kind, name, found, applier, to } of all) {
    const object = `${kind} ${name}`
    if (kind === 'Service') {
      if (standing.serves === 'own') warnings.push(...refuseSelectorOwner(client.namespace, found as Service))
      if ((found as Service).spec?.clusterIP === 'None' && to === 'own') {
        warnings.push(
          `${object} is headless and selects the same pods: it gets the key ${COLOR} too, so what finds pods by it (a scrape, a client) finds those that serve only`,
        )
      }
    } else if (applier !== undefined) {
      warnings.push(
        kind === 'HorizontalPodAutoscaler'
          ? `${object} is applied server-side by ${applier}: its next apply meets our scaleTargetRef (a conflict, or the colour that serves is not scaled until the next release); apply it once, and leave it out of what is applied with every release`
          : `${object} is applied server-side by ${applier}, so its selector is left alone: ${counted(name)}`,
      )
    } else if (kind === 'PodDisruptionBudget' && !(await mayPatchBudgets())) {
      warnings.push(
        `${object} cannot be changed (the Role does not allow patch poddisruptionbudgets.policy): ${counted(name)}`,
      )
    }
  }
  return warnings
}

function counted(name: string): string {
  return `while both colours run, ${name} counts the pods of both, and an eviction may take all those that serve as long as the others are enough for it`
}

/** The user's own Deployment serves nothing once it is adopted; who applies it should know. */
function* warnedOwn(
  { own, colors, serves }: ColorStanding,
  { goal }: ColorTarget,
  sets: readonly ReplicaSet[],
): Generator<string> {
  const [replicas] = appliers(own?.metadata, ['spec', 'replicas'])
  if (replicas !== undefined) {
    yield `Deployment ${own?.metadata?.name} is applied server-side by ${replicas} with its replicas, which a release sets to 0: leave spec.replicas out of the manifest`
  }
  const live = serves === 'own' ? undefined : colors[serves]
  if (own === undefined || live === undefined) return
  const name = `Deployment ${own.metadata?.name}`
  const template = templateHash(own.spec?.template)
  // What was applied is what is being released: then it will serve. What it had when it was adopted nobody has applied.
  const applied = template !== goal?.hash && isYounger(sets, own, template, colors)
  const differs = template !== templateOf(live) && applied
  const up = (own.spec?.replicas ?? 1) > 0
  if (!differs && !up) return
  const what = [
    ...(differs ? [`has another pod template than ${live.metadata?.name}, which serves`] : []),
    ...(up ? [`has ${own.spec?.replicas ?? 1} replicas`] : []),
  ]
  const next = differs
    ? 'release its template with the input manifests'
    : 'it is scaled to 0 again when a release lands'
  yield `your apply changes no traffic: ${name} ${what.join(' and ')}, and serves nothing; ${next}`
}

/** Whether the template came after the colours did. */
function isYounger(
  sets: readonly ReplicaSet[],
  own: Deployment,
  template: string,
  colors: ColorStanding['colors'],
): boolean {
  const made = sets.filter((each) => ownedBy(each, own) && templateHash(each.spec?.template) === template)
  const [born = Infinity] = COLORS.flatMap((color) => colors[color] ?? [])
    .map(createdAt)
    .sort((a, b) => a - b)
  return made.some((each) => createdAt(each) >= born)
}

function refusal(name: string, reasons: readonly string[]): ReleaseError {
  const [first = '', ...more] = reasons
  const also = more.length > 0 ? ` (and ${more.length} more)` : ''
  return new ReleaseError(
    'invalid-input',
    `Deployment ${name} cannot be released by blue/green: ${first}${also}`,
    { object: `Deployment ${name}`, why: reasons, fix: ['nothing has been changed'] },
  )
}
