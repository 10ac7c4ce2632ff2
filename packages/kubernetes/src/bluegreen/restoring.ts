import { type Color, COLORS, type Identity, isSameImage } from '@release-actions/release'
import { NotFound } from '@release-actions/values'
import { imageOf, withImage } from '../canary/containers.ts'
import type { Goal } from '../canary/goal.ts'
import { ownedBy } from '../canary/revisions.ts'
import { templateHash, withoutHash } from '../canary/template-hash.ts'
import { createdAt, type Deployment, type PodTemplate, type ReplicaSet } from '../objects.ts'
import { digestIn, pinned, unpinned } from '../rollback/restoration.ts'
import { templateOf } from './template-of.ts'
import { uncoloured } from './template.ts'

/** An earlier release, as a colour is to run it again. */
export interface Restoring {
  readonly goal: Goal
  /** What has kept the whole pod template: `ReplicaSet shop-green-5d…`; undefined: only the image is known. */
  readonly from: string | undefined
  /** What of that release cannot be had back: a sentence each. */
  readonly lost: readonly string[]
}

/** What may have kept a template that served once. */
export interface History {
  readonly workload: string
  readonly own: Deployment | undefined
  readonly colors: Readonly<Record<Color, Deployment | undefined>>
  /** All that the selector of the user's own Deployment matches: its own, and those of the colours. */
  readonly replicaSets: readonly ReplicaSet[]
}

/** A pod template in the terms of the user's own Deployment. */
interface Kept {
  readonly from: string
  readonly template: PodTemplate
  readonly hash: string
  /** Its pods are up: they run what they ran. */
  readonly up: boolean
}

/**
 * How to run an earlier release on an idle colour: with the pod template that a colour, or a ReplicaSet of either
 * colour or of the Deployment before it was adopted, has kept: by the record's template, or, of a record without one,
 * the newest with its image. Else its image in the template that serves, where that makes a difference. Pure.
 * @param serving the template that serves, in the terms of the user's own Deployment
 * @throws NotFound when all that differs from what serves is lost
 */
export function restoringOf(
  history: History,
  serving: PodTemplate,
  container: string,
  wanted: Identity,
): Restoring {
  const recorded = wanted.template !== undefined && wanted.template !== ''
  const imageIn = (template: PodTemplate): { image: string; digest: string | undefined } => {
    const image = imageOf(template, container)
    return { image, digest: digestIn(image) }
  }
  const found = [...keptBy(history)].find(({ hash, template }) =>
    recorded ? hash === wanted.template : isSameImage(imageIn(template), wanted),
  )
  if (found !== undefined) {
    const { template, hash, from, up } = found
    const lost = up ? [] : unpinned(from, template, container, wanted)
    return { goal: { template, hash, image: imageOf(template, container) || wanted.image }, from, lost }
  }
  const why = recorded
    ? 'nothing has kept the pod template of that release (revisionHistoryLimit, or a colour that was deleted?)'
    : 'nothing has kept that image, and its record names no template'
  if (isSameImage(imageIn(serving), wanted)) {
    throw new NotFound(`${history.workload}: that release has the image that serves now, and ${why}`, {
      object: `Deployment ${history.workload}`,
      why: ['its image alone would change nothing', 'nothing has been changed'],
      fix: ['release that version again, with its configuration (manifests)'],
    })
  }
  const image = pinned(wanted)
  const template = withImage(serving, container, image)
  return {
    goal: { template, hash: templateHash(template), image },
    from: undefined,
    lost: [
      `${why}: the image of ${container} is restored in the template that serves, but no other part of it (environment, resources, other containers)`,
    ],
  }
}

/** What the colours are set to first: it may be up already. Then what they, and the Deployment, have had, newest first. */
function* keptBy({ own, colors, replicaSets }: History): Generator<Kept> {
  const both = COLORS.flatMap((color) => colors[color] ?? [])
  for (const color of both) yield keptIn('Deployment', color)
  const newest = replicaSets.toSorted((a, b) => createdAt(b) - createdAt(a))
  for (const set of newest) {
    if (both.some((color) => ownedBy(set, color))) yield keptIn('ReplicaSet', set)
    else if (own !== undefined && ownedBy(set, own)) {
      const template = withoutHash(set.spec?.template ?? {})
      yield { from: `ReplicaSet ${set.metadata?.name}`, template, hash: templateHash(template), up: false }
    }
  }
}

function keptIn(kind: 'Deployment' | 'ReplicaSet', of: Deployment | ReplicaSet): Kept {
  const template = uncoloured(withoutHash(of.spec?.template ?? {}))
  const up = kind === 'Deployment' && (of.spec?.replicas ?? 1) > 0
  return { from: `${kind} ${of.metadata?.name}`, template, hash: templateOf(of), up }
}
