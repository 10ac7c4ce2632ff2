import type { Clock, Colors, ColorsSight } from '@release-actions/ports'
import type { Color, Owner } from '@release-actions/release'
import { Conflict, NotFound, ReleaseError } from '@release-actions/values'
import { createBell } from '../bell.ts'
import type { Applying } from '../canary/applying.ts'
import { besideTemplate } from '../canary/beside-template.ts'
import { foreign } from '../canary/cluster.ts'
import { explainPods } from '../canary/explain.ts'
import type { Goal } from '../canary/goal.ts'
import { createLeaving } from '../canary/leaving.ts'
import { revisionsOf } from '../canary/revisions.ts'
import { templateHash } from '../canary/template-hash.ts'
import type { Client } from '../client.ts'
import { annotating, type Fence } from '../fence.ts'
import { sameVersion } from '../json-patch.ts'
import { APPLIED, colorName, OWNER, TEMPLATE } from '../names.ts'
import { type Deployment, type ObjectMeta, type Pod, type PodTemplate, type ReplicaSet } from '../objects.ts'
import { mapMatches, selectorText } from '../selectors.ts'
import { changing, colorDeployment } from './color-deployment.ts'
import { type Following, followings, selectorOf } from './followers.ts'
import { othersBehind } from './others-behind.ts'
import { colorSight, noOwn, ownSight } from './sight.ts'
import type { ColorTarget } from './target.ts'

export interface ColorsOptions {
  readonly client: Client
  readonly clock: Clock
  readonly fence: Fence
  /** The fence that this process holds; undefined: none. */
  readonly held: () => number | undefined
  readonly target: ColorTarget
  readonly applying: Applying | undefined
  readonly preflight: () => Promise<readonly string[]>
  /** Whether a PDB may be changed: the Role of a first look need not allow it. */
  readonly mayPatchBudgets: () => Promise<boolean>
}

/** The user's own Deployment and its two colours: what is seen of them, and the writes, each under the fence. */
export function createColors(options: ColorsOptions): Colors & { close(): void } {
  const { client, clock, fence, target } = options
  const { workload } = target
  const nameOf = (owner: Owner): string => (owner === 'own' ? workload : colorName(workload, owner))
  const selector = target.deployment.spec?.selector ?? {}
  const labels = selectorText(selector)
  const slicesOf = `kubernetes.io/service-name in (${target.services.join(',')})`
  const names = [workload, nameOf('blue'), nameOf('green')]
  const bell = createBell(client, clock, () => [
    { kind: 'Deployment', selection: {}, names },
    { kind: 'Pod', selection: { labels } },
    { kind: 'EndpointSlice', selection: { labels: slicesOf } },
  ])
  const leaving = createLeaving(clock)
  const shared = new Map<string, Promise<boolean>>()
  /** The user's own as last seen: what an adoption copies. */
  let basis: Deployment | undefined

  async function podsAndSets(): Promise<{ pods: readonly Pod[]; replicaSets: readonly ReplicaSet[] }> {
    const [pods, sets] = await Promise.all([
      client.list('Pod', { labels }),
      client.list('ReplicaSet', { labels }),
    ])
    return { pods: pods.items, replicaSets: sets.items }
  }

  async function following(): Promise<readonly Following[]> {
    const [autoscalers, budgets, services] = await Promise.all([
      client.list('HorizontalPodAutoscaler'),
      client.list('PodDisruptionBudget'),
      client.list('Service'),
    ])
    const all = followings({
      workload,
      labels: target.deployment.spec?.template.metadata?.labels ?? {},
      autoscalers: autoscalers.items,
      budgets: budgets.items,
      services: services.items.filter(({ metadata }) => metadata?.name !== target.switching),
    })
    const alone = (await Promise.all(all.map(isShared))).map((shared) => !shared)
    const free = all.filter((_, at) => alone[at] === true)
    const counted = free.some(({ kind }) => kind === 'PodDisruptionBudget')
    const budgetsToo = counted && (await options.mayPatchBudgets())
    return free.filter(
      ({ kind, applier }) => kind !== 'PodDisruptionBudget' || (budgetsToo && applier === undefined),
    )
  }

  /** What selects pods of others too is left as it is: they would be in it no more. Asked once. */
  function isShared(each: Following): Promise<boolean> {
    const by = selectorOf(each)
    if (by === undefined || each.to !== 'own') return Promise.resolve(false)
    const known =
      shared.get(each.object) ?? othersBehind(client, by, selector).then((pods) => pods.length > 0)
    known.catch(() => shared.delete(each.object))
    shared.set(each.object, known)
    return known
  }

  async function own(color: Color): Promise<Deployment | undefined> {
    const found = await client.find('Deployment', nameOf(color))
    if (found === undefined || found.metadata?.annotations?.[OWNER] === workload) return found
    throw foreign(client.namespace, nameOf(color))
  }

  async function observe(): Promise<ColorsSight> {
    const at = clock.now()
    const [user, blue, green, { pods, replicaSets }, slices, followers] = await Promise.all([
      client.find('Deployment', workload),
      own('blue'),
      own('green'),
      podsAndSets(),
      client.list('EndpointSlice', { labels: slicesOf }),
      following(),
    ])
    if (user === undefined && blue === undefined && green === undefined) {
      throw new NotFound(`Deployment ${client.namespace}/${workload} does not exist`)
    }
    basis = user
    bell.seen([user, blue, green, ...pods, ...slices.items])
    const marked: readonly { readonly name: string; readonly meta: ObjectMeta | undefined }[] = [
      ...[user, blue, green]
        .filter((each) => each !== undefined && each.metadata?.deletionTimestamp === undefined)
        .map((each) => ({ name: `Deployment/${each?.metadata?.name}`, meta: each?.metadata })),
      ...followers.map(({ object, found }) => ({ name: object, meta: found.metadata })),
    ]
    const held = options.held()
    const look = {
      container: target.container,
      replicaSets,
      pods,
      leaving: leaving(pods),
      slices: slices.items,
    }
    return {
      own: user === undefined ? noOwn(workload) : ownSight(look, user),
      blue: blue === undefined ? undefined : colorSight(look, blue),
      green: green === undefined ? undefined : colorSight(look, green),
      followers: followers.map(({ object, to }) => ({ object, to })),
      unstamped: marked
        .filter(({ meta }) => held === undefined || fence.of(meta) !== held)
        .map(({ name }) => name),
      at,
    }
  }

  function goal(): Goal {
    if (target.goal !== undefined) return target.goal
    throw new ReleaseError(
      'invalid-input',
      `nothing to release to ${workload}: neither image nor manifests is given`,
    )
  }

  /** What a colour gets, in the user's terms, and its hash. */
  async function wanted(content: 'base' | 'release'): Promise<{ template: PodTemplate; hash: string }> {
    if (content === 'release') return goal()
    const user = basis ?? (await client.get('Deployment', workload))
    const template = user.spec?.template ?? {}
    return { template, hash: templateHash(template) }
  }

  async function made(color: Color, content: 'base' | 'release', stamp: number): Promise<Deployment> {
    const { manifests } = target
    return colorDeployment({
      workload,
      namespace: client.namespace,
      name: nameOf(color),
      color,
      ...(await wanted(content)),
      like: basis ?? target.deployment,
      // What the manifests say beside the template is the colour's that comes from them.
      beside: manifests === undefined || content === 'base' ? {} : besideTemplate(manifests.deployment).spec,
      annotations: fence.annotation(stamp),
    })
  }

  async function create(object: Deployment, replicas: number, stamp: number): Promise<Deployment> {
    const { annotations = {}, name = '' } = object.metadata ?? {}
    try {
      return await client.create('Deployment', {
        ...object,
        ...(object.spec !== undefined && { spec: { ...object.spec, replicas } }),
      })
    } catch (error) {
      // The answer to our own create may have been lost; another's Deployment is a conflict.
      if (!(error instanceof Conflict)) throw error
      const there = await client.find('Deployment', name)
      if (there?.metadata?.annotations?.[OWNER] !== workload) throw foreign(client.namespace, name)
      const same = there.metadata.annotations[TEMPLATE] === annotations[TEMPLATE]
      if (!same || fence.of(there.metadata) !== stamp) throw error
      return there
    }
  }

  /** A webhook may have added to the template: what it is now is what we know as ours. */
  async function note(taken: Deployment, applied: string, stamp: number): Promise<void> {
    const is = templateHash(taken.spec?.template)
    if (is === applied) return
    await fence.patch('Deployment', taken.metadata?.name ?? '', stamp, [
      ...annotating(taken.metadata, APPLIED, is),
    ])
  }

  return {
    preflight: options.preflight,
    observe,

    async stamp(object, stamp) {
      const [kind = '', name = ''] = object.split('/')
      switch (kind) {
        case 'Deployment':
        case 'HorizontalPodAutoscaler':
        case 'PodDisruptionBudget':
        case 'Service':
          return fence.stamp(kind, name, stamp)
        default:
          throw new NotFound(`${object} is none of the workload's objects`)
      }
    },

    async apply(color, content, replicas, stamp) {
      if (content === 'release') await options.applying?.createConfigs()
      const object = await made(color, content, stamp)
      const applied = object.metadata?.annotations?.[APPLIED] ?? ''
      const name = nameOf(color)
      let there = await own(color)
      if (there?.metadata?.deletionTimestamp !== undefined) {
        throw new Conflict(`Deployment ${client.namespace}/${name} is being deleted`)
      }
      if (there !== undefined && !fits(there, object)) {
        // A Deployment's selector cannot be changed, and the user's own has another one now.
        await fence.remove('Deployment', name, stamp)
        there = undefined
      }
      if (there === undefined) return note(await create(object, replicas, stamp), applied, stamp)
      const taken = await fence.patch('Deployment', name, stamp, [
        sameVersion(there.metadata?.resourceVersion),
        ...changing(object),
        { op: 'replace', path: '/spec/replicas', value: replicas },
      ])
      await note(taken, applied, stamp)
    },

    async finish(stamp) {
      const [stamped] = await Promise.all([own('blue'), own('green')]).then((both) =>
        both.filter((each) => each !== undefined),
      )
      const name = stamped?.metadata?.name ?? workload
      await options.applying?.applyOthers(() => fence.patch('Deployment', name, stamp, []))
    },

    async scale(owner, replicas, stamp) {
      const there = owner === 'own' ? await client.find('Deployment', workload) : await own(owner)
      if (there === undefined && replicas === 0) return
      if ((there?.spec?.replicas ?? 1) === replicas && there !== undefined) return
      await fence.patch('Deployment', nameOf(owner), stamp, [
        { op: 'replace', path: '/spec/replicas', value: replicas },
      ])
    },

    async follow(object, to, stamp) {
      const found = (await following()).find((each) => each.object === object)
      // Somebody deleted it: then it follows nobody.
      if (found === undefined || found.to === to) return
      const patch = found.patch(to)
      if (patch.length === 0) return
      await fence.patch(found.kind, found.name, stamp, [
        sameVersion(found.found.metadata?.resourceVersion),
        ...patch,
      ])
    },

    changed: (ms, signal) => bell.wait(ms, signal),

    async explain(owner) {
      const [deployment, { pods, replicaSets }] = await Promise.all([
        client.find('Deployment', nameOf(owner)),
        podsAndSets(),
      ])
      if (deployment === undefined) return []
      return explainPods(client, deployment, revisionsOf(deployment, replicaSets, pods).currentPods)
    },

    close: () => bell.close(),
  }
}

/** Does the selector of what is there match the pods that it is to have? */
function fits(there: Deployment, wanted: Deployment): boolean {
  return mapMatches(there.spec?.selector.matchLabels, wanted.spec?.template.metadata?.labels ?? {})
}
