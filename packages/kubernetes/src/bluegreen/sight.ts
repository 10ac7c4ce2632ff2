import type { ColorSight } from '@release-actions/ports'
import { type Look, VERSION_LABEL, workloadOf } from '../canary/sight.ts'
import type { Deployment } from '../objects.ts'
import { templateOf } from './template-of.ts'

type Around = Pick<Look, 'container' | 'replicaSets' | 'pods' | 'leaving' | 'slices'>

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
