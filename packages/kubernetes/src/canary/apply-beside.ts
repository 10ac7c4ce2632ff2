import { Conflict, ReleaseError } from '@release-actions/values'
import type { Client } from '../client.ts'
import type { Fence } from '../fence.ts'
import { sameVersion } from '../json-patch.ts'
import { BESIDE } from '../names.ts'
import type { Deployment } from '../objects.ts'
import { differencesBeside, parseBeside, patchOf } from './beside-template.ts'
import { templateHash } from './template-hash.ts'

const MOST_ATTEMPTS = 10

export interface ApplyBesideOptions {
  readonly client: Client
  readonly fence: Fence
  readonly stamp: number
  readonly workload: string
  /** It carries what is to be applied. */
  readonly canary: Deployment
  /** An HPA decides on the replicas. */
  readonly scaled: () => Promise<boolean>
}

/**
 * Gives the promoted stable what the manifests say of it beside the template. Nothing after a retreat: then the stable
 * has another template than the one that it came with. To be called once the route is proved back and drained.
 * @returns what could not be applied and why, a sentence each: the new version serves, and is not taken back for it
 * @throws ReleaseError for what a next look may mend
 */
export async function applyBeside(options: ApplyBesideOptions): Promise<readonly string[]> {
  const { client, fence, stamp, workload, canary, scaled } = options
  const note = canary.metadata?.annotations?.[BESIDE]
  if (note === undefined) return []
  for (let attempt = 1; ; attempt++) {
    const stable = await client.get('Deployment', workload)
    const wanted = parseBeside(note, templateHash(stable.spec?.template))
    if (wanted === undefined) return []
    const differences = differencesBeside(wanted, stable, await scaled())
    if (differences.length === 0) return []
    const version = sameVersion(stable.metadata?.resourceVersion)
    try {
      await fence.patch('Deployment', workload, stamp, [version, ...patchOf(differences)])
      return []
    } catch (error) {
      if (!(error instanceof ReleaseError)) throw error
      // A controller wrote the status between our look and our write.
      if (error instanceof Conflict && attempt < MOST_ATTEMPTS) continue
      if (error.code !== 'invalid-input' && error.code !== 'forbidden') throw error
      const names = differences.map(({ name }) => name).join(', ')
      return [
        `not applied to Deployment ${workload}: ${names} of the manifests: ${[error.message, ...error.why].join('; ')}`,
      ]
    }
  }
}
