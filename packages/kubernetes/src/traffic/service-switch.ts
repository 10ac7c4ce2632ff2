import type { Clock, Switch } from '@release-actions/ports'
import { type Color, otherColor, type SwitchSight } from '@release-actions/release'
import { Conflict, NotFound } from '@release-actions/values'
import { createBell } from '../bell.ts'
import { ownerIn } from '../bluegreen/colors-of.ts'
import { refuseSelectorOwner } from '../bluegreen/selector-owner.ts'
import { without } from '../bluegreen/template.ts'
import type { Client } from '../client.ts'
import type { Fence } from '../fence.ts'
import { type JsonPatchOperation, pointer, sameVersion } from '../json-patch.ts'
import { COLOR, OWNER } from '../names.ts'
import type { Labels, Service } from '../objects.ts'
import { mapMatches } from '../selectors.ts'
import type { Asking } from './asking.ts'
import { ensureOwnService, refuseForeign } from './own-service.ts'
import { servingPods } from './serving.ts'

export interface ServiceSwitchOptions {
  readonly client: Client
  readonly clock: Clock
  readonly fence: Fence
  /** The fence that this process holds; undefined: none. */
  readonly held: () => number | undefined
  readonly workload: string
  readonly service: string
  readonly preview: string
  /** A label selector that all pods of the workload match, whatever their colour. */
  readonly pods: string
  /** What the user's own Deployment puts on its pods. */
  readonly labels: Labels
  readonly asking: Asking
}

/** kube-proxy follows the EndpointSlices, and those the selector, within about half a second. */
const SETTLE = 2_000

/** Our own key in the selector of the user's Service says which colour serves: one patch switches. */
export function createServiceSwitch(options: ServiceSwitchOptions): Switch & { close(): void } {
  const { client, clock, fence, workload, service: name, preview } = options
  const object = `Service ${client.namespace}/${name}`
  const path = pointer('spec', 'selector', COLOR)
  const slicesOf = { labels: `kubernetes.io/service-name=${name}` }
  const bell = createBell(client, clock, () => [{ kind: 'EndpointSlice', selection: slicesOf }])
  /** As last read: what a forward write was decided on. */
  let basis: Service | undefined

  const naming = (to: Color): JsonPatchOperation => ({ op: 'add', path, value: to })

  return {
    settle: SETTLE,

    async preflight() {
      const [service, ours] = await Promise.all([
        client.get('Service', name),
        client.find('Service', preview),
      ])
      refuseForeign(ours, workload, 'preview-service')
      const to = ownerIn(service.spec?.selector)
      // A preview Service of ours: colours are there, and a refusal would leave users between the two.
      const warnings = refuseSelectorOwner(client.namespace, service, ours !== undefined)
      return {
        warnings,
        changes: [
          ...(to === 'own'
            ? [`${object}: the key ${COLOR} in its selector, which names the colour that serves`]
            : []),
          ...(ours === undefined
            ? [`Service ${client.namespace}/${preview}: made, for the idle colour`]
            : []),
        ],
      }
    },

    async read() {
      const [service, ours, slices, pods] = await Promise.all([
        client.find('Service', name),
        client.find('Service', preview),
        client.list('EndpointSlice', slicesOf),
        client.list('Pod', { labels: options.pods }),
      ])
      basis = service
      bell.seen(slices.items)
      const held = options.held()
      const marked = [service, ...(ours?.metadata?.annotations?.[OWNER] === workload ? [ours] : [])]
      const to = ownerIn(service?.spec?.selector)
      return {
        kind: 'service',
        to: typeof to === 'string' ? to : 'own',
        linked: to === 'blue' || to === 'green' ? ours?.spec?.selector?.[COLOR] === otherColor(to) : false,
        accepted: true,
        refused: undefined,
        tampered: tamperedWith(service),
        unstamped: marked
          .filter((each) => each !== undefined && (held === undefined || fence.of(each.metadata) !== held))
          .map((each) => `Service/${each?.metadata?.name}`),
        endpoints: servingPods(slices.items, pods.items),
      } satisfies SwitchSight
    },

    async stamp(wanted, stamp) {
      if (wanted !== `Service/${name}` && wanted !== `Service/${preview}`) {
        throw new NotFound(`${wanted} is no object of this switch`)
      }
      await fence.stamp('Service', wanted.slice('Service/'.length), stamp)
    },

    async original() {
      const service = await client.get('Service', name)
      return { service: name, selector: service.spec?.selector ?? {} }
    },

    async link(idle, stamp) {
      const like = await client.get('Service', name)
      await ensureOwnService(client, fence, {
        like,
        name: preview,
        workload,
        selector: { ...without(like.spec?.selector ?? {}), [COLOR]: idle },
        owner: undefined,
        stamp,
        input: 'preview-service',
      })
    },

    async set(to, stamp) {
      const service = basis ?? (await client.get('Service', name))
      basis = undefined
      await fence.patch('Service', name, stamp, [sameVersion(service.metadata?.resourceVersion), naming(to)])
    },

    async back(to, stamp) {
      for (let attempt = 1; ; attempt++) {
        try {
          await fence.patch('Service', name, stamp, [naming(to)])
          basis = undefined
          return
        } catch (error) {
          // Nobody reaches anything through a Service that was deleted: there is nothing to give back.
          if (error instanceof NotFound) return
          // Somebody writes it at the same moment: again. Their stamp would end it; and one that carries none, since it
          // was made anew, is to be looked at and stamped first.
          if (!(error instanceof Conflict) || attempt >= 20) throw error
          const now = await client.find('Service', name)
          if (now !== undefined && fence.of(now.metadata) !== stamp) throw error
          await clock.sleep(Math.min(100 * attempt, 1000))
        }
      }
    },

    ask: (count, signal) => options.asking.ask(name, count, signal),

    wayBack: (to) =>
      Promise.resolve(
        `kubectl -n ${client.namespace} patch service ${name} --type merge -p '${JSON.stringify({ spec: { selector: { [COLOR]: to } } })}'`,
      ),
    changed: (ms, signal) => bell.wait(ms, signal),
    close: () => bell.close(),
  }

  function tamperedWith(service: Service | undefined): string | undefined {
    if (service === undefined) return `${object} does not exist any more: somebody else deleted it`
    const to = ownerIn(service.spec?.selector)
    if (typeof to !== 'string') return `${object} selects ${COLOR}=${to.odd}, which is no colour of ours`
    if (!mapMatches(without(service.spec?.selector ?? {}), options.labels)) {
      return `${object} selects no pods of ${workload} any more: somebody else changed its selector`
    }
    return undefined
  }
}
