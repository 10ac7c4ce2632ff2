import { Forbidden, messageOf, ReleaseError } from '@release-actions/values'
import type { Client } from '../client.ts'
import type { AnyObject, ResourceType } from '../objects.ts'
import { compareConfig, createApplying } from './applying.ts'
import type { Manifests } from './manifests.ts'
import { canonical } from './template-hash.ts'

/** What the manifests say and the cluster does not have: sentences. */
export interface Unapplied {
  readonly differing: readonly string[]
  /** What could not be compared, and why. */
  readonly unseen: readonly string[]
}

type Found = { readonly kind: 'same' } | { readonly kind: 'differing' | 'unseen'; readonly what: string }

/**
 * The objects of the manifests, beside the workload, that are not as they say: what a release would create or apply.
 * Reads only, and never throws a ReleaseError.
 * @param kept objects that a release changes itself, as `Kind/name`: it would not apply them either
 */
export async function unappliedObjects(
  client: Client,
  manifests: Manifests,
  kept: ReadonlySet<string>,
): Promise<Unapplied> {
  const { typeOf } = createApplying(client, manifests, kept)
  const applied = manifests.others.filter(({ kind, metadata }) => !kept.has(`${kind}/${metadata?.name}`))
  const found = await Promise.all([
    ...manifests.configs.map((object) => told(object, () => configAsIs(client, object))),
    ...applied.map((object) => told(object, async () => otherAsIs(client, await typeOf(object), object))),
  ])
  const of = (kind: 'differing' | 'unseen'): readonly string[] =>
    found.flatMap((each) => (each.kind === kind ? [each.what] : []))
  return { differing: of('differing'), unseen: of('unseen') }
}

/** As the cluster has it, or not at all. */
type AsIs = 'same' | 'differs' | 'is not there'

async function told(object: AnyObject, look: () => Promise<AsIs>): Promise<Found> {
  const name = `${object.kind} ${object.metadata?.name}`
  try {
    const asIs = await look()
    return asIs === 'same' ? { kind: 'same' } : { kind: 'differing', what: `${name} ${asIs}` }
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    return { kind: 'unseen', what: `${name} could not be compared: ${messageOf(error)}` }
  }
}

async function configAsIs(client: Client, object: AnyObject): Promise<AsIs> {
  const compared = await compareConfig(client, object)
  switch (compared.kind) {
    case 'same':
      return 'same'
    case 'new':
      return 'is not there'
    case 'changed':
      return 'differs'
    case 'unseen':
      throw new Forbidden('it may not be read')
  }
}

async function otherAsIs(client: Client, type: ResourceType, object: AnyObject): Promise<AsIs> {
  const live = await client.findAny(type, object.kind ?? '', object.metadata?.name ?? '')
  if (live === undefined) return 'is not there'
  // By the server, which completes what the manifests leave out as it did when they were applied.
  const wanted = await client.apply(type, object, { dryRun: true, force: true })
  return meaning(live) === meaning(wanted) ? 'same' : 'differs'
}

/** Without what the server keeps for itself, and what others say of the object's state. */
function meaning({ metadata, status: _status, ...rest }: AnyObject & { readonly status?: unknown }): string {
  const { labels, annotations } = metadata ?? {}
  return canonical({ ...rest, labels: labels ?? {}, annotations: annotations ?? {} })
}
