import { Conflict } from '@release-actions/values'
import type { Client } from '../client.ts'
import type { Deployment, PodTemplate } from '../objects.ts'
import { refuseOtherSelector } from './beside-template.ts'
import { chooseContainer, imageOf, withImage } from './containers.ts'
import { type Manifests, readManifests } from './manifests.ts'
import { templateHash } from './template-hash.ts'

/** The new version in the terms of the stable Deployment. */
export interface Goal {
  readonly template: PodTemplate
  /** SHA-256 of that template. */
  readonly hash: string
  readonly image: string
}

/** What the manifests say, found out while the cluster is looked at. */
export interface Given {
  /** undefined: there are none. @throws InvalidInput */
  readonly manifests: Promise<Manifests | undefined>
  /** Their template as the server would hold it. @throws ReleaseError, also for what the look itself says better */
  readonly template: Promise<PodTemplate | undefined>
}

export interface GivenOptions {
  readonly client: Client
  readonly workload: string
  /** Files, globs or directories. */
  readonly manifests?: readonly string[] | undefined
  readonly image?: string | undefined
  readonly container?: string | undefined
  readonly cwd: string
}

/**
 * Reads the manifests and has the server complete their template: beside the first questions, not after them, since it
 * needs none of their answers.
 */
export function readGiven({ client, workload, image, ...options }: GivenOptions): Given {
  const { manifests: entries = [], cwd } = options
  const { namespace } = client
  const manifests =
    entries.length === 0 ? Promise.resolve(undefined) : readManifests({ entries, workload, namespace, cwd })
  const template = manifests.then((read) => {
    if (read === undefined) return undefined
    const { name } = chooseContainer(read.template, options.container)
    return defaulted(
      client,
      workload,
      image === undefined ? read.template : withImage(read.template, name, image),
    )
  })
  // Said by whoever waits for it: a Deployment that is not there is told by the look.
  template.catch(() => undefined)
  return { manifests, template }
}

export interface GoalOptions {
  readonly deployment: Deployment
  readonly container: string
  readonly image: string | undefined
  readonly manifests: Manifests | undefined
  /** Of the manifests, as `readGiven` has asked for it. */
  readonly completed: Promise<PodTemplate | undefined>
}

/** @returns undefined when neither image nor manifests say what to release */
export async function goalOf(options: GoalOptions): Promise<Goal | undefined> {
  const { deployment, container, image, manifests, completed } = options
  if (manifests !== undefined) refuseOtherSelector(manifests.deployment, deployment)
  const template = manifests === undefined ? withNewImage(deployment, container, image) : await completed
  if (template === undefined) return undefined
  return { template, hash: templateHash(template), image: imageOf(template, container) }
}

function withNewImage(
  { spec }: Deployment,
  container: string,
  image: string | undefined,
): PodTemplate | undefined {
  return spec === undefined || image === undefined ? undefined : withImage(spec.template, container, image)
}

/** A template as the server would hold it, by a dry run on the stable. */
async function defaulted(client: Client, workload: string, template: PodTemplate): Promise<PodTemplate> {
  const patch = [{ op: 'replace', path: '/spec/template', value: template }] as const
  const { spec } = await client.patch('Deployment', workload, patch, { dryRun: true })
  if (spec === undefined) throw new Conflict(`the dry run of Deployment ${workload} came back without a spec`)
  return spec.template
}
