import { Conflict } from '@release-actions/values'
import type { Client } from '../client.ts'
import type { Fence } from '../fence.ts'
import { OWNER } from '../names.ts'
import type { Labels, Service } from '../objects.ts'
import { canaryServiceOf } from './canary-service.ts'

export interface OwnService {
  /** The user's Service, whose ports it gets. */
  readonly like: Service
  readonly name: string
  readonly workload: string
  readonly selector: Labels
  readonly owner: { readonly name: string; readonly uid: string } | undefined
  readonly stamp: number
  /** The input that gives it another name. */
  readonly input: string | undefined
}

/** A Service of ours, made or pointed at these pods. @throws Conflict when another's has its name; Superseded */
export async function ensureOwnService(client: Client, fence: Fence, wanted: OwnService): Promise<void> {
  const { like, name, workload, selector, owner, stamp, input } = wanted
  const existing = await client.find('Service', name)
  refuseForeign(existing, workload, input)
  if (existing === undefined) {
    const annotations = { [OWNER]: workload, ...fence.annotation(stamp) }
    try {
      await client.create('Service', canaryServiceOf(like, { name, selector, owner, annotations }))
    } catch (error) {
      // The answer to our own create may have been lost.
      if (!(error instanceof Conflict)) throw error
      refuseForeign(await client.find('Service', name), workload, input)
    }
    return
  }
  await fence.stamp('Service', name, stamp)
  if (sameLabels(existing.spec?.selector, selector)) return
  await fence.patch('Service', name, stamp, [{ op: 'replace', path: '/spec/selector', value: selector }])
}

export function refuseForeign(
  service: Service | undefined,
  workload: string,
  input: string | undefined,
): void {
  if (service === undefined || service.metadata?.annotations?.[OWNER] === workload) return
  const object = `Service ${service.metadata?.namespace}/${service.metadata?.name}`
  throw new Conflict(`${object} exists, and is not ours: a release would overwrite it`, {
    object,
    fix: [
      input === undefined ? 'delete it, or rename it' : `delete it, or give ours another name with ${input}`,
    ],
  })
}

function sameLabels(a: Labels | undefined, b: Labels): boolean {
  const sorted = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort())
  return sorted(a ?? {}) === sorted(b)
}
