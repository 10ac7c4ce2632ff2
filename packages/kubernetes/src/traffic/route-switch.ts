import type { Clock, Switch } from '@release-actions/ports'
import { type Color, COLORS, type Owner, type SwitchSight } from '@release-actions/release'
import { Conflict, NotFound, ReleaseError, type Milliseconds } from '@release-actions/values'
import { createBell } from '../bell.ts'
import { ownerIn } from '../bluegreen/colors-of.ts'
import { appliers } from '../bluegreen/selector-owner.ts'
import { without } from '../bluegreen/template.ts'
import type { Client } from '../client.ts'
import { annotating, type Fence } from '../fence.ts'
import { type JsonPatch, sameVersion } from '../json-patch.ts'
import { besideService, COLOR, colorsKey, OWNER } from '../names.ts'
import type { Service } from '../objects.ts'
import type { Asking } from './asking.ts'
import { ensureOwnService, refuseForeign } from './own-service.ts'
import {
  colorMark,
  type ColorMark,
  type ColorRule,
  colorRules,
  giving,
  linking,
  reached,
  shareOfOurs,
} from './route-colors.ts'
import { acceptanceOf } from './route-status.ts'
import type { HttpRoute } from './route-types.ts'
import { isService } from './route-weights.ts'
import { servingPods } from './serving.ts'

export interface RouteSwitchOptions {
  readonly client: Client
  readonly clock: Clock
  readonly fence: Fence
  /** The fence that this process holds; undefined: none. */
  readonly held: () => number | undefined
  readonly workload: string
  readonly route: string
  /** The user's Service, in whose place the colours' come. */
  readonly service: string
  /** A label selector that all pods of the workload match, whatever their colour. */
  readonly pods: string
  /** Twice the controller's throttle, at least: an accepted change has then taken effect. */
  readonly settle: Milliseconds
  /** Through the router; undefined: nothing is known that leads there. */
  readonly asking?: Asking | undefined
}

/** How long the EndpointSlices of a new Service may take: what comes of a route without them is judged then. */
const LISTED_MS: Milliseconds = 5_000

/**
 * An HTTPRoute says which colour serves: of two Services, one for each colour, one has all the weight. The user's own
 * Service stays in the route with none, and follows the colour that serves: a route that is applied again reaches that.
 */
export function createRouteSwitch(options: RouteSwitchOptions): Switch & { close(): void } {
  const { client, clock, fence, workload, service } = options
  const object = `HTTPRoute ${client.namespace}/${options.route}`
  const key = colorsKey(workload)
  const names = [service, ...COLORS.map((color) => besideService(service, color))]
  const slicesOf = { labels: `kubernetes.io/service-name in (${names.join(',')})` }
  const bell = createBell(client, clock, () => [
    { kind: 'HTTPRoute', selection: { fields: `metadata.name=${options.route}` } },
    { kind: 'EndpointSlice', selection: slicesOf },
  ])
  /** As last read: what a forward write was decided on. */
  let basis: HttpRoute | undefined
  /** Colours that the route names, and whose Service was not there at the last look. */
  let lost: readonly Color[] = []

  const rulesOf = (route: HttpRoute): readonly ColorRule[] => colorRules(route, service)

  async function ensureServices(stamp: number): Promise<void> {
    const like = await client.get('Service', service)
    for (const color of COLORS) {
      await ensureOwnService(client, fence, {
        like,
        name: besideService(service, color),
        workload,
        selector: { ...without(like.spec?.selector ?? {}), [COLOR]: color },
        owner: undefined,
        stamp,
        input: undefined,
      })
    }
    await listed()
    lost = []
  }

  /**
   * A Service that was made just now has no EndpointSlices for a moment, also one without pods: a router that is told of
   * it then answers 503, or refuses the route (Traefik: ResolvedRefs is False, BackendNotFound).
   */
  async function listed(): Promise<void> {
    const until = clock.now() + LISTED_MS
    for (;;) {
      const { items } = await client.list('EndpointSlice', slicesOf)
      const known = new Set(items.map(({ metadata }) => metadata?.labels?.['kubernetes.io/service-name']))
      if (COLORS.every((color) => known.has(besideService(service, color))) || clock.now() >= until) return
      await clock.sleep(100)
    }
  }

  function sight(
    route: HttpRoute,
    user: Service | undefined,
    ours: readonly (Service | undefined)[],
  ): Omit<SwitchSight, 'unstamped' | 'endpoints'> & { readonly through: ReadonlySet<string> } {
    const mark = colorMark(route, workload)
    const rules = rulesOf(route)
    const behind = ownerIn(user?.spec?.selector)
    const through = new Set(rules.flatMap(reached))
    const serving = new Set([...through].map((each) => (each === 'own' ? nameable(behind) : each)))
    const [to = 'own'] = serving
    const complete =
      rules.length > 0 && rules.every((rule) => rule.blue !== undefined && rule.green !== undefined)
    const gone = ours.some((each) => each === undefined)
    // A Service that somebody deleted leaves ResolvedRefs False for as long as the route names it: where no request is
    // given to it, that keeps nobody from going back, and the next release makes it anew.
    const named = (color: Color): boolean => rules.some((rule) => rule[color] !== undefined)
    const unused = COLORS.some((color, at) => ours[at] === undefined && named(color) && !through.has(color))
    return {
      kind: 'route',
      to,
      linked: mark !== undefined && complete && !gone,
      ...acceptanceOf(route, mark?.unresolved === true || unused),
      tampered: mark === undefined ? undefined : tamperedWith(rules, serving, through, ours),
      through: new Set([...through].map((each) => (each === 'own' ? service : besideService(service, each)))),
    }
  }

  function tamperedWith(
    rules: readonly ColorRule[],
    serving: ReadonlySet<Owner>,
    through: ReadonlySet<Owner>,
    ours: readonly (Service | undefined)[],
  ): string | undefined {
    if (rules.length === 0) return `${object} names neither ${names.join(' nor ')} any more`
    if (serving.size > 1) {
      return `${object} gives requests to ${[...serving].join(' and to ')}: somebody else changed it`
    }
    const missed = COLORS.find((color, at) => ours[at] === undefined && through.has(color))
    return missed === undefined
      ? undefined
      : `Service ${besideService(service, missed)} is gone: somebody else deleted it`
  }

  async function link(stamp: number): Promise<void> {
    await ensureServices(stamp)
    const route = await client.get('HTTPRoute', options.route)
    const rules = rulesOf(route)
    refuseRoute(route, rules)
    const patch = [...marking(route), ...rules.flatMap((rule) => linking(rule, service, undefined))]
    if (patch.length === 0) return
    await fence.patch('HTTPRoute', options.route, stamp, [
      sameVersion(route.metadata?.resourceVersion),
      ...patch,
    ])
  }

  /** That the colours are in it, and how it was before. */
  function marking(route: HttpRoute): JsonPatch {
    if (colorMark(route, workload) !== undefined) return []
    const mark: ColorMark = { service, unresolved: acceptanceOf(route, false).refused !== undefined }
    return annotating(route.metadata, key, JSON.stringify(mark))
  }

  const whole = (route: HttpRoute, to: Color): JsonPatch =>
    rulesOf(route).flatMap((rule) => giving(rule, to, service))

  return {
    settle: options.settle,

    async preflight() {
      const [route, ...ours] = await Promise.all([
        client.get('HTTPRoute', options.route),
        ...COLORS.map((color) => client.find('Service', besideService(service, color))),
      ])
      for (const each of ours) refuseForeign(each, workload, undefined)
      const rules = rulesOf(route)
      refuseRoute(route, rules)
      const places = rules.map((rule) => route.spec?.rules?.[rule.at]?.name ?? String(rule.at)).join(', ')
      const { refused } = acceptanceOf(route, false)
      const [applier] = appliers(route.metadata, ['spec', 'rules'])
      const first = colorMark(route, workload) === undefined
      return {
        warnings: [
          ...(rules.every((rule) => shareOfOurs(rule) === 0)
            ? [`${object} gives ${service} the weight 0: no requests come to be switched`]
            : []),
          ...(refused === undefined || !first
            ? []
            : [`${object} is not in order before this release: ${refused}`]),
          ...(applier === undefined
            ? []
            : [
                `${object} is applied server-side by ${applier}: its next apply is refused (409), or, forced, goes back to ${service}, which leads to the colour that serves`,
              ]),
        ],
        changes: [
          ...(first
            ? [
                `${object}, rule ${places}: the backends ${names.slice(1).join(' and ')} in the place of ${service}`,
              ]
            : []),
          ...COLORS.flatMap((color, at) =>
            ours[at] === undefined
              ? [`Service ${client.namespace}/${besideService(service, color)}: made`]
              : [],
          ),
        ],
      }
    },

    async read() {
      const [route, user, blue, green, slices, pods] = await Promise.all([
        client.find('HTTPRoute', options.route),
        client.find('Service', service),
        client.find('Service', besideService(service, 'blue')),
        client.find('Service', besideService(service, 'green')),
        client.list('EndpointSlice', slicesOf),
        client.list('Pod', { labels: options.pods }),
      ])
      basis = route
      bell.seen([route, ...slices.items])
      if (route === undefined) return gone(object)
      const rules = rulesOf(route)
      lost = COLORS.filter(
        (color, at) => [blue, green][at] === undefined && rules.some((rule) => rule[color] !== undefined),
      )
      const { through, ...seen } = sight(route, user, [blue, green])
      const held = options.held()
      const stamped = ({ metadata }: HttpRoute | Service): boolean =>
        held !== undefined && fence.of(metadata) === held
      const ours = [blue, green].filter((each) => each?.metadata?.annotations?.[OWNER] === workload)
      return {
        ...seen,
        unstamped: [
          ...(stamped(route) ? [] : [`HTTPRoute/${options.route}`]),
          ...ours.flatMap((each) =>
            each === undefined || stamped(each) ? [] : [`Service/${each.metadata?.name}`],
          ),
        ],
        endpoints: servingPods(
          slices.items.filter(({ metadata }) =>
            through.has(metadata?.labels?.['kubernetes.io/service-name'] ?? ''),
          ),
          pods.items,
        ),
      }
    },

    async stamp(wanted, stamp) {
      const [kind, name = ''] = wanted.split('/')
      if (kind === 'HTTPRoute' && name === options.route) return fence.stamp('HTTPRoute', name, stamp)
      if (kind === 'Service' && names.includes(name)) return fence.stamp('Service', name, stamp)
      throw new NotFound(`${wanted} is no object of this route`)
    },

    async original() {
      const route = await client.get('HTTPRoute', options.route)
      const rules = rulesOf(route).map(({ at, refs }) => ({
        rule: at,
        refs: refs.map(({ name, weight = 1 }) => ({ name, weight })),
      }))
      return { route: options.route, service, rules }
    },

    link: (_idle, stamp) => link(stamp),

    async set(to, stamp) {
      const route = basis ?? (await client.get('HTTPRoute', options.route))
      basis = undefined
      const rules = rulesOf(route)
      refuseRoute(route, rules)
      const missing = rules.flatMap((rule) => linking(rule, service, to))
      // Adoption: the colours' Services come into the route with its first switch. Or somebody deleted one meanwhile.
      if (missing.length > 0 || rules.some((rule) => rule[to] === undefined) || lost.includes(to))
        await ensureServices(stamp)
      await fence.patch('HTTPRoute', options.route, stamp, [
        sameVersion(route.metadata?.resourceVersion),
        ...marking(route),
        ...missing,
        ...whole(route, to),
      ])
    },

    async back(to, stamp) {
      // As last seen, first: at a slow server another look may take longer than there is.
      let route = basis
      basis = undefined
      // Somebody deleted it while it was idle: a route to a Service that is not there leads nobody anywhere.
      if (lost.includes(to)) await ensureServices(stamp)
      for (let attempt = 1; ; attempt++) {
        route ??= await client.find('HTTPRoute', options.route)
        // Nobody reaches anything through a route that was deleted: there is nothing to give back.
        if (route === undefined) return
        const patch = whole(route, to)
        if (patch.length === 0) return
        try {
          await fence.patch('HTTPRoute', options.route, stamp, patch)
          return
        } catch (error) {
          // Somebody changed the route between our look and our write: look again. Their stamp would end it; and one that
          // carries none, since it was made anew, is to be stamped first.
          if (!(error instanceof Conflict) || attempt >= 20) throw error
          await clock.sleep(Math.min(100 * attempt, 1000))
          route = await client.find('HTTPRoute', options.route)
          if (route !== undefined && fence.of(route.metadata) !== stamp) throw error
        }
      }
    },

    // The API server's proxies do not go through the router: only a URL does.
    ask: (count, signal) => options.asking?.ask(service, count, signal) ?? Promise.resolve(undefined),

    async wayBack(to) {
      const route = (await client.find('HTTPRoute', options.route).catch(() => basis)) ?? basis
      const patch = route === undefined ? [] : whole(route, to)
      return patch.length === 0
        ? `kubectl -n ${client.namespace} get httproute ${options.route} -o yaml`
        : `kubectl -n ${client.namespace} patch httproute ${options.route} --type json -p '${JSON.stringify(patch)}'`
    },

    changed: (ms, signal) => bell.wait(ms, signal),
    close: () => bell.close(),
  }

  function refuseRoute(route: HttpRoute, rules: readonly ColorRule[]): void {
    const all = route.spec?.rules ?? []
    if (rules.length === 0) {
      const named = [...new Set(all.flatMap((rule) => (rule.backendRefs ?? []).map((ref) => ref.name)))]
      throw new NotFound(`${object} does not name the Service ${service}`, {
        object,
        fix: [`it names: ${named.join(', ') || '(nothing)'}`],
      })
    }
    for (const { at, refs } of rules) {
      const far = refs.find((ref) => (ref.namespace ?? client.namespace) !== client.namespace)
      if (far !== undefined) {
        const message = `${object} has a backend in another namespace (${far.namespace}/${far.name}) beside ${service}: that is not supported yet`
        throw new ReleaseError('invalid-input', message, { object })
      }
      if (refs.filter((ref) => isService(ref, service, client.namespace)).length > 1) {
        const message = `${object} names ${service} twice in rule ${at}: which of them to switch is not clear`
        throw new ReleaseError('invalid-input', message, { object })
      }
    }
  }
}

/** A Service with an odd colour leads to none of ours. */
function nameable(said: ReturnType<typeof ownerIn>): Owner {
  return typeof said === 'string' ? said : 'own'
}

/** Nobody reaches anything through a route that was deleted: there is nothing to take back. */
function gone(object: string): SwitchSight {
  return {
    kind: 'route',
    to: 'own',
    linked: false,
    accepted: true,
    refused: undefined,
    tampered: `${object} does not exist any more: somebody else deleted it`,
    unstamped: [],
    endpoints: { own: 0, blue: 0, green: 0 },
  }
}
