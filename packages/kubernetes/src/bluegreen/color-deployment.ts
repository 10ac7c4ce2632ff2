import type { Color } from '@release-actions/release'
import { copied } from '../canary/never-copied.ts'
import { templateHash } from '../canary/template-hash.ts'
import { type JsonPatch, pointer } from '../json-patch.ts'
import { APPLIED, COLOR, OWNER, TEMPLATE } from '../names.ts'
import { apiVersionOf, type Deployment, type Labels, type PodTemplate } from '../objects.ts'
import { coloured } from './template.ts'

export interface ColorDeployment {
  readonly workload: string
  readonly namespace: string
  readonly name: string
  readonly color: Color
  /** In the terms of the user's own Deployment, and its hash in them. */
  readonly template: PodTemplate
  readonly hash: string
  /** The user's own: labels and selector, and what a rollout is like. */
  readonly like: Deployment
  /** Fields of the spec that the manifests give beside the template. */
  readonly beside: Readonly<Record<string, unknown>>
  readonly annotations: Labels
}

/** What a rollout is like: the colour's is as the user's own would be. */
const KEPT = ['strategy', 'minReadySeconds', 'progressDeadlineSeconds', 'revisionHistoryLimit']

/**
 * The Deployment of a colour, without replicas. Owned by nobody: deleting the user's own Deployment, which serves
 * nothing any more, must not delete what serves.
 */
export function colorDeployment(of: ColorDeployment): Deployment & { readonly spec: object } {
  const { like, color } = of
  const selector = like.spec?.selector ?? {}
  const template = coloured(of.template, color, selector)
  const fields = Object.entries({ ...like.spec, ...of.beside }).filter(
    ([field, value]) => KEPT.includes(field) && value !== undefined,
  )
  return {
    apiVersion: apiVersionOf('Deployment'),
    kind: 'Deployment',
    metadata: {
      name: of.name,
      namespace: of.namespace,
      labels: { ...copied(like.metadata?.labels), [COLOR]: color },
      annotations: {
        [OWNER]: of.workload,
        [TEMPLATE]: of.hash,
        [APPLIED]: templateHash(template),
        ...of.annotations,
      },
    },
    spec: {
      ...Object.fromEntries(fields),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [COLOR]: color } },
      template,
    },
  }
}

/** What makes that of one that is there; its selector stays, since it is fixed for life. */
export function changing(to: Deployment): JsonPatch {
  const fields = Object.entries(to.spec ?? {}).filter(([field]) => field !== 'selector')
  const notes = Object.entries(to.metadata?.annotations ?? {}).filter(([key]) =>
    [TEMPLATE, APPLIED].includes(key),
  )
  return [
    ...fields.map(([field, value]) => ({ op: 'add' as const, path: pointer('spec', field), value })),
    ...notes.map(([key, value]) => ({
      op: 'add' as const,
      path: pointer('metadata', 'annotations', key),
      value,
    })),
  ]
}
