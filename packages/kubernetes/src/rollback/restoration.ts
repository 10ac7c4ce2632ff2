import { isSameImage, type Identity, type ReleaseId, type Revision } from '@release-actions/release'
import { parseImage, formatImage, versionOf } from '@release-actions/values'
import { imageOf, withImage } from '../canary/containers.ts'
import { ownedBy, revision } from '../canary/revisions.ts'
import { VERSION_LABEL } from '../canary/sight.ts'
import { templateHash } from '../canary/template-hash.ts'
import type { Deployment, PodTemplate, ReplicaSet } from '../objects.ts'

/** What a workload is set to in order to run an earlier release, and what of that release cannot be had back. */
export interface Restoration {
  /** Hash of the template that the workload will have. */
  readonly template: string
  readonly image: string
  /** The ReplicaSet that has kept the template; undefined: only the image is known. */
  readonly replicaSet: string | undefined
  /** A sentence each. */
  readonly lost: readonly string[]
}

/** The templates that the workload has had and that its ReplicaSets have kept, of the newest revision first. Pure. */
export function revisionsOf(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
  container: string,
): readonly Revision[] {
  return kept(deployment, replicaSets).map((each) => ({
    replicaSet: each.metadata?.name ?? '',
    revision: revision(each),
    release: releaseOf(each.spec?.template, container),
  }))
}

/** A template in the terms of a release; no record names it. */
export function releaseOf(template: PodTemplate | undefined, container: string): ReleaseId {
  const image = imageOf(template, container)
  const digest = digestIn(image)
  const label = template?.metadata?.labels?.[VERSION_LABEL]
  return { version: label ?? versionOf(image, digest), digest, image, template: templateHash(template) }
}

/**
 * How to run an earlier release again: the template of the ReplicaSet that matches the record's template; of a record
 * without one, that of the newest ReplicaSet with its image; else its image on the template as it is now. Pure.
 */
export function restorationOf(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
  container: string,
  wanted: Identity,
): Restoration {
  const present = deployment.spec?.template ?? {}
  const recorded = wanted.template !== undefined && wanted.template !== ''
  const whole = (template: PodTemplate | undefined, replicaSet: string | undefined): Restoration => ({
    template: templateHash(template),
    image: imageOf(template, container),
    replicaSet,
    // What the workload has already runs already.
    lost: replicaSet === undefined ? [] : unpinned(`ReplicaSet ${replicaSet}`, template, container, wanted),
  })
  const matches = (template: PodTemplate | undefined): boolean => {
    if (recorded) return templateHash(template) === wanted.template
    const image = imageOf(template, container)
    return isSameImage({ image, digest: digestIn(image) }, wanted)
  }
  const found = kept(deployment, replicaSets).find(({ spec }) => matches(spec?.template))
  if (found !== undefined) return whole(found.spec?.template, found.metadata?.name)
  if (matches(present)) return whole(present, undefined)
  const image = pinned(wanted)
  const template = withImage(present, container, image)
  const why = recorded
    ? 'no ReplicaSet has kept the pod template of that release (revisionHistoryLimit?)'
    : 'no ReplicaSet has kept that image, and its record names no template'
  return {
    template: templateHash(template),
    image,
    replicaSet: undefined,
    lost: [
      `${why}: the image of ${container} is restored, but no other part of the pod template (environment, resources, other containers)`,
    ],
  }
}

function kept(deployment: Deployment, replicaSets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  return replicaSets.filter((each) => ownedBy(each, deployment)).toSorted((a, b) => revision(b) - revision(a))
}

/**
 * What cannot be promised of a template that names its image by a tag, where the record names a digest (ADR 15: the
 * template is the release's identity, and one with the digest written into it would be a release of nobody's).
 */
export function unpinned(
  from: string,
  template: PodTemplate | undefined,
  container: string,
  { digest }: Identity,
): readonly string[] {
  const image = imageOf(template, container)
  if (digest === undefined || image === '' || image.includes('@')) return []
  return [
    `the pod template that ${from} has kept names ${image} by its tag: if the tag has moved since, its pods run another image than ${digest}`,
  ]
}

/** The image by its digest, where the record knows one: a tag may have moved since. */
export function pinned({ image, digest }: Identity): string {
  if (digest === undefined || image.includes('@')) return image
  const { repository, tag } = parseImage('image', image)
  return formatImage({ repository, tag, digest })
}

export function digestIn(image: string): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1]
}
