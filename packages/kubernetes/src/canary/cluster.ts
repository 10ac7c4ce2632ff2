import type { Clock, Cluster, ClusterSight } from '@release-actions/ports'
import { Conflict, NotFound, ReleaseError } from '@release-actions/values'
import { createBell } from '../bell.ts'
import type { Client } from '../client.ts'
import { annotating, type Fence } from '../fence.ts'
import { sameVersion } from '../json-patch.ts'
import { BESIDE, LABELS, OWNER, TEMPLATE } from '../names.ts'
import {
  apiVersionOf,
  type Autoscaler,
  type Deployment,
  type Labels,
  type Pod,
  type PodTemplate,
  type ReplicaSet,
} from '../objects.ts'
import { selectorText } from '../selectors.ts'
import { applyBeside } from './apply-beside.ts'
import type { Applying } from './applying.ts'
import { besideTemplate, formatBeside } from './beside-template.ts'
import { imageOf, withImage } from './containers.ts'
import { explainPods } from './explain.ts'
import type { Goal } from './goal.ts'
import { copied } from './never-copied.ts'
import { createLeaving } from './leaving.ts'
import { revisionsOf } from './revisions.ts'
import { scales } from './scales.ts'
import { sightOf } from './sight.ts'
import { changedLabels, type Target } from './target.ts'
import { canaryTemplate } from './template.ts'
import { templateHash, withoutHash } from './template-hash.ts'

export interface ClusterOptions {
  readonly client: Client
  readonly clock: Clock
  readonly fence: Fence
  /** The fence that this process holds; undefined: none. */
  readonly held: () => number | undefined
  readonly target: Target
  readonly applying: Applying | undefined
  /** No router: pods are the split. */
  readonly spread: boolean
  readonly preflight: () => Promise<readonly string[]>
}

/** Seconds between SIGTERM and leaving, for pods whose leaving of the endpoint list is the way back. */
const PRE_STOP = 5

/** One Deployment and its canary: what is seen of them, and the writes, each under the fence. */
export function createCluster(options: ClusterOptions): Cluster & { close(): void } {
  const { client, clock, fence, target } = options
  const { workload, canary } = target
  const slicesOf = `kubernetes.io/service-name in (${[...new Set([target.stableService, target.canaryService])].join(',')})`
  const bell = createBell(client, clock, () => [
    { kind: 'Deployment', selection: {}, names: [workload, canary] },
    { kind: 'Pod', selection: { labels: podsOf(changed) } },
    { kind: 'EndpointSlice', selection: { labels: slicesOf } },
  ])
  const leaving = createLeaving(clock)
  /** The labels by which an existing canary differs; learned from its annotation. */
  let changed: Labels = {}
  /** The stable as last seen: what a forward write was decided on. */
  let basis: Deployment | undefined

  const podsOf = (also: Labels): string => selectorText(target.deployment.spec?.selector ?? {}, also)

  async function podsAndSets(): Promise<{ pods: readonly Pod[]; replicaSets: readonly ReplicaSet[] }> {
    const labels = podsOf(changed)
    const [pods, sets] = await Promise.all([
      client.list('Pod', { labels }),
      client.list('ReplicaSet', { labels }),
    ])
    return { pods: pods.items, replicaSets: sets.items }
  }

  async function autoscalerOf(): Promise<Autoscaler | undefined> {
    const { items } = await client.list('HorizontalPodAutoscaler')
    return items.find((each) => scales(each, workload))
  }

  async function observe(): Promise<ClusterSight> {
    const at = clock.now()
    const [stable, ours, first, slices, autoscaler] = await Promise.all([
      client.get('Deployment', workload),
      client.find('Deployment', canary),
      podsAndSets(),
      client.list('EndpointSlice', { labels: slicesOf }),
      autoscalerOf(),
    ])
    const known = JSON.stringify(changed)
    changed = changedLabels(ours) ?? changed
    const { pods, replicaSets } = JSON.stringify(changed) === known ? first : await podsAndSets()
    basis = stable
    bell.seen([stable, ours, ...pods, ...slices.items])
    const marked = [
      { name: `Deployment/${workload}`, meta: stable.metadata },
      ...(autoscaler === undefined
        ? []
        : [{ name: `HorizontalPodAutoscaler/${autoscaler.metadata?.name}`, meta: autoscaler.metadata }]),
      ...(ours === undefined || ours.metadata?.deletionTimestamp !== undefined
        ? []
        : [{ name: `Deployment/${canary}`, meta: ours.metadata }]),
    ]
    const held = options.held()
    const unstamped = marked
      .filter(({ meta }) => held === undefined || fence.of(meta) !== held)
      .map(({ name }) => name)
    const { container } = target
    return sightOf({
      at,
      container,
      stable,
      canary: ours,
      replicaSets,
      pods,
      leaving: leaving(pods),
      slices: slices.items,
      autoscaler,
      unstamped,
    })
  }

  function goal(): Goal {
    if (target.goal !== undefined) return target.goal
    throw new ReleaseError(
      'invalid-input',
      `nothing to release to ${workload}: neither image nor manifests is given`,
    )
  }

  async function ownCanary(): Promise<Deployment | undefined> {
    const found = await client.find('Deployment', canary)
    if (found === undefined || found.metadata?.annotations?.[OWNER] === workload) return found
    throw foreign(client.namespace, canary)
  }

  async function createCanary(replicas: number, stamp: number): Promise<void> {
    const { hash } = goal()
    try {
      await client.create('Deployment', await newCanary(replicas, stamp))
    } catch (error) {
      // The answer to our own create may have been lost; another's canary is a conflict.
      if (!(error instanceof Conflict)) throw error
      const there = await ownCanary()
      if (there?.metadata?.annotations?.[TEMPLATE] !== hash || fence.of(there.metadata) !== stamp) throw error
    }
  }

  async function newCanary(replicas: number, stamp: number): Promise<Deployment> {
    const stable = basis ?? (await client.get('Deployment', workload))
    const labels = await target.labels()
    changed = labels.changed
    const { strategy, minReadySeconds, progressDeadlineSeconds } = stable.spec ?? {}
    return {
      apiVersion: apiVersionOf('Deployment'),
      kind: 'Deployment',
      metadata: {
        name: canary,
        namespace: client.namespace,
        labels: { ...copied(stable.metadata?.labels), ...labels.changed },
        annotations: {
          [OWNER]: workload,
          [TEMPLATE]: goal().hash,
          [LABELS]: JSON.stringify(labels.changed),
          ...fence.annotation(stamp),
        },
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            ...target.owner,
            controller: false,
            blockOwnerDeletion: false,
          },
        ],
      },
      spec: {
        replicas,
        selector: { matchLabels: labels.selector },
        template: await template(),
        revisionHistoryLimit: 1,
        ...(strategy !== undefined && { strategy }),
        ...(minReadySeconds !== undefined && { minReadySeconds }),
        ...(progressDeadlineSeconds !== undefined && { progressDeadlineSeconds }),
      },
    }
  }

  async function template(): Promise<PodTemplate> {
    const preStop = options.spread ? PRE_STOP : undefined
    return canaryTemplate({ goal: goal().template, labels: await target.labels(), preStop })
  }

  async function patchTemplate(
    stamp: number,
    value: PodTemplate,
    version: string | undefined,
  ): Promise<void> {
    await fence.patch('Deployment', workload, stamp, [
      ...(version === undefined ? [] : [sameVersion(version)]),
      { op: 'replace', path: '/spec/template', value },
    ])
  }

  return {
    preflight: options.preflight,
    observe,

    async stamp(object, stamp) {
      const [kind, name = ''] = object.split('/')
      if (kind === 'Deployment' || kind === 'HorizontalPodAutoscaler') return fence.stamp(kind, name, stamp)
      throw new NotFound(`${object} is none of the workload's objects`)
    },

    async holdAutoscaler(min, stamp) {
      const found = await autoscalerOf()
      if (found === undefined || (found.spec?.minReplicas ?? 1) === min) return
      await setMinimum(found.metadata?.name ?? '', min, stamp)
    },

    async releaseAutoscaler(name, min, stamp) {
      const found = await autoscalerOf()
      if (found?.metadata?.name !== name || (found.spec?.minReplicas ?? 1) === min) return
      await setMinimum(name, min, stamp)
    },

    async applyCanary(replicas, stamp) {
      await options.applying?.createConfigs()
      const there = await ownCanary()
      if (there === undefined) return createCanary(replicas, stamp)
      if (there.metadata?.deletionTimestamp !== undefined) {
        throw new Conflict(`Deployment ${client.namespace}/${canary} is being deleted`)
      }
      await fence.patch('Deployment', canary, stamp, [
        sameVersion(there.metadata?.resourceVersion),
        { op: 'replace', path: '/spec/template', value: await template() },
        { op: 'replace', path: '/spec/replicas', value: replicas },
        { op: 'add', path: `/metadata/annotations/${TEMPLATE.replace('/', '~1')}`, value: goal().hash },
      ])
    },

    async scaleCanary(replicas, stamp) {
      const there = await ownCanary()
      if (there === undefined && replicas === 0) return
      if (there?.spec?.replicas === replicas) return
      await fence.patch('Deployment', canary, stamp, [
        { op: 'replace', path: '/spec/replicas', value: replicas },
      ])
    },

    async deleteCanary(stamp) {
      const there = await ownCanary()
      const left =
        there === undefined
          ? []
          : await applyBeside({
              client,
              fence,
              stamp,
              workload,
              canary: there,
              scaled: async () => (await autoscalerOf()) !== undefined,
            })
      // Killed between making the canary's Service and naming it in the route: nobody else would find it. Before the
      // Deployment: as long as that is there, the next run comes here again.
      if (!options.spread) await fence.remove('Service', target.canaryService, stamp)
      if (there !== undefined) await fence.remove('Deployment', canary, stamp)
      return left
    },

    async promoteStable(stamp) {
      const { template: wanted, hash } = goal()
      const seen = basis ?? (await client.get('Deployment', workload))
      let stable = seen
      await noteBeside(stamp)
      if (options.applying !== undefined) {
        await options.applying.applyOthers(() => fence.patch('Deployment', workload, stamp, []))
        // That took a while: the template must still be the one that this was decided on.
        stable = await client.get('Deployment', workload)
        if (templateHash(stable.spec?.template) !== templateHash(seen.spec?.template)) {
          throw new Conflict(`Deployment ${client.namespace}/${workload} has changed since it was read`)
        }
      }
      if (templateHash(stable.spec?.template) === hash) return
      await patchTemplate(stamp, wanted, stable.metadata?.resourceVersion)
    },

    async restoreStable(base, stamp) {
      const [stable, { replicaSets }] = await Promise.all([client.get('Deployment', workload), podsAndSets()])
      const present = stable.spec?.template
      if (present === undefined || templateHash(present) === base.template) return []
      const kept = replicaSets.find((each) => templateHash(each.spec?.template) === base.template)
      if (kept?.spec?.template !== undefined) {
        await patchTemplate(stamp, withoutHash(kept.spec.template), undefined)
        return []
      }
      const restored = withImage(present, target.container, base.image)
      if (imageOf(present, target.container) !== base.image) await patchTemplate(stamp, restored, undefined)
      if (templateHash(restored) === base.template) return []
      return [
        `the ReplicaSet ${base.replicaSet ?? 'of the earlier version'} is gone: the image of ${target.container} was restored, but no other part of the pod template (environment, resources, other containers)`,
      ]
    },

    changed: (ms, signal) => bell.wait(ms, signal),

    async explain(track) {
      const [deployment, { pods, replicaSets }] = await Promise.all([
        client.find('Deployment', track === 'canary' ? canary : workload),
        podsAndSets(),
      ])
      if (deployment === undefined) return []
      return explainPods(client, deployment, revisionsOf(deployment, replicaSets, pods).currentPods)
    },

    close: () => bell.close(),
  }

  /** For whoever ends this promotion: post and another run have no manifests. */
  async function noteBeside(stamp: number): Promise<void> {
    if (target.manifests === undefined) return
    const beside = formatBeside(besideTemplate(target.manifests.deployment), goal().hash)
    const there = await ownCanary()
    if (there === undefined || there.metadata?.annotations?.[BESIDE] === beside) return
    await fence.patch('Deployment', canary, stamp, annotating(there.metadata, BESIDE, beside))
  }

  async function setMinimum(name: string, min: number, stamp: number): Promise<void> {
    await fence.patch('HorizontalPodAutoscaler', name, stamp, [
      { op: 'add', path: '/spec/minReplicas', value: min },
    ])
  }
}

export function foreign(namespace: string, name: string): Conflict {
  const object = `Deployment ${namespace}/${name}`
  return new Conflict(`${object} exists, and is not ours: a release would overwrite it`, {
    object,
    fix: [`kubectl -n ${namespace} delete deployment ${name}   # if it is a leftover`],
  })
}
