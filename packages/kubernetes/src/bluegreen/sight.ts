import type { ColorSight } from '@release-actions/ports'
import { type Look, VERSION_LABEL, workloadOf } from '../canary/sight.ts'
import { templateHash } from '../canary/template-hash.ts'
import { APPLIED, TEMPLATE } from '../names.ts'
import type { Deployment } from '../objects.ts'
import { uncoloured } from './template.ts'

type Around = Pick<Look, 'container' | 'replicaSets' | 'pods' | 'slices'>

/** What a look says of the user's own Deployment. Pure. */
export function ownSight(look: Around, deployment: Deployment): ColorSight {
  const { sight, image, digest, replicaSet } = workloadOf(look, deployment)
  const label = deployment.spec?.template.metadata?.labels?.[VERSION_LABEL]
  return { ...sight, image, digest, label, replicaSet }
}

/** What a look says of a colour's, in the terms of the user's own Deployment. Pure. */
export function colorSight(look: Around, deployment: Deployment): ColorSight {
  return { ...ownSight(look, deployment), template: templateOf(deployment) }
}

/** One that was deleted after the colours were made: nothing of it is left to serve, or to scale down. */
export function noOwn(name: string): ColorSight {
  return {
    name,
    template: '',
    desired: 0,
    ready: 0,
    total: 0,
    old: 0,
    settled: true,
    endpoints: 0,
    trouble: [],
    deleting: false,
    image: '',
    digest: undefined,
    label: undefined,
    replicaSet: undefined,
  }
}

/**
 * SHA-256 (hex) of the template that the user's own Deployment would have. As noted when we applied it, since a webhook
 * may have added to it; but one that somebody changed since then is told as it is.
 */
export function templateOf(color: Deployment): string {
  const { [TEMPLATE]: noted, [APPLIED]: applied } = color.metadata?.annotations ?? {}
  if (noted !== undefined && applied === templateHash(color.spec?.template)) return noted
  return color.spec === undefined ? '' : templateHash(uncoloured(color.spec.template))
}
