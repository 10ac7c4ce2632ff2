import { Conflict } from '@release-actions/values'
import type { Client } from '../client.ts'
import type { Deployment, PodTemplate } from '../objects.ts'
import { refuseOtherSelector } from './beside-template.ts'
import { imageOf, withImage } from './containers.ts'
import type { Manifests } from './manifests.ts'
import { templateHash } from './template-hash.ts'

/** The new version in the terms of the stable Deployment. */
export interface Goal {
  readonly template: PodTemplate
  /** SHA-256 of that template. */
  readonly hash: string
  readonly image: string
}

export interface GoalOptions {
  readonly client: Client
  readonly workload: string
  readonly deployment: Deployment
  readonly container: string
  readonly image: string | undefined
  readonly manifests: Manifests | undefined
}

/** @returns undefined when neither image nor manifests say what to release */
export async function goalOf(options: GoalOptions): Promise<Goal | undefined> {
  const { client, workload, deployment, container, image, manifests } = options
  if (manifests !== undefined) refuseOtherSelector(manifests.deployment, deployment)
  const given = manifests?.template ?? deployment.spec?.template
  if (given === undefined || (image === undefined && manifests === undefined)) return undefined
  const wanted = image === undefined ? given : withImage(given, container, image)
  const template = manifests === undefined ? wanted : await defaulted(client, workload, wanted)
  return { template, hash: templateHash(template), image: imageOf(template, container) }
}

/** A template as the server would hold it, by a dry run on the stable. */
async function defaulted(client: Client, workload: string, template: PodTemplate): Promise<PodTemplate> {
  const patch = [{ op: 'replace', path: '/spec/template', value: template }] as const
  const { spec } = await client.patch('Deployment', workload, patch, { dryRun: true })
  if (spec === undefined) throw new Conflict(`the dry run of Deployment ${workload} came back without a spec`)
  return spec.template
}
