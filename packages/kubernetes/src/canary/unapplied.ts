import { messageOf, ReleaseError } from '@release-actions/values'
import type { Client } from '../client.ts'
import type { AnyObject } from '../objects.ts'
import { type Applying, createApplying } from './applying.ts'
import type { Manifests } from './manifests.ts'
import { canonical } from './template-hash.ts'

/**
 * The objects of the manifests, beside the workload, that are not as they say: what a release would create or apply.
 * @param kept objects that a release changes itself, as `Kind/name`: it would not apply them either
 * @returns a sentence each, also for what could not be compared; reads only, and never throws a ReleaseError
 */
export async function unappliedObjects(
  client: Client,
  manifests: Manifests,
  kept: ReadonlySet<string>,
): Promise<readonly string[]> {
  const applying = createApplying(client, manifests, kept)
  const objects = [...manifests.configs, ...manifests.others].filter(
    ({ kind, metadata }) => !kept.has(`${kind}/${metadata?.name}`),
  )
  const found = await Promise.all(objects.map((object) => compared(client, applying, object)))
  return found.filter((each) => each !== undefined)
}

async function compared(client: Client, applying: Applying, object: AnyObject): Promise<string | undefined> {
  const name = `${object.kind} ${object.metadata?.name}`
  try {
    const type = await applying.typeOf(object)
    const live = await client.findAny(type, object.kind ?? '', object.metadata?.name ?? '')
    if (live === undefined) return `${name} is not there`
    // By the server, which completes what the manifests leave out as it did when they were applied.
    const wanted = await client.apply(type, object, { dryRun: true, force: true })
    return meaning(live) === meaning(wanted) ? undefined : `${name} differs`
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    return `${name} could not be compared (${messageOf(error)})`
  }
}

/** Without what the server keeps for itself, and what others say of the object's state. */
function meaning({ metadata, status: _status, ...rest }: AnyObject & { readonly status?: unknown }): string {
  const { labels, annotations } = metadata ?? {}
  return canonical({ ...rest, labels: labels ?? {}, annotations: annotations ?? {} })
}
