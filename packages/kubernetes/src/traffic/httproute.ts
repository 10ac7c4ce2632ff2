import type { Clock, Traffic } from '@release-actions/ports'
import type { TrafficSight } from '@release-actions/release'
import { Conflict, formatPercent, type Milliseconds, NotFound, ReleaseError } from '@release-actions/values'
import { createBell } from '../bell.ts'
import type { Client } from '../client.ts'
import { annotating, type Fence } from '../fence.ts'
import { type JsonPatchOperation, pointer, sameVersion } from '../json-patch.ts'
import { routeKey } from '../names.ts'
import type { Service } from '../objects.ts'
import { ensureOwnService, refuseForeign } from './own-service.ts'
import { markOf, type RouteMark } from './route-mark.ts'
import { originalOf, parseOriginal, unlinking } from './route-original.ts'
import { routeBack } from './route-back.ts'
import { acceptanceOf, isHeard, refusedByAll } from './route-status.ts'
import type { HttpRoute } from './route-types.ts'
import {
  abandonedRules,
  isRule,
  isService,
  reweighed,
  setWeights,
  shareOf,
  type SplitRule,
  splitRules,
} from './route-weights.ts'

export interface HttpRouteOptions {
  readonly client: Client
  readonly clock: Clock
  readonly fence: Fence
  /** The fence that this process holds; undefined: none. */
  readonly held: () => number | undefined
  readonly workload: string
  readonly route: string
  /** The name or the index of the only rule to split. */
  readonly rule: string | undefined
  readonly stableService: string
  readonly canaryService: string
  /** Of the canary's pods. */
  readonly selector: () => Promise<Readonly<Record<string, string>>>
  /** The stable Deployment's. */
  readonly owner: { readonly name: string; readonly uid: string }
  /** Twice the controller's throttle, at least: an accepted change has then taken effect. */
  readonly settle: Milliseconds
}

/** The Gateway API router: weights of an HTTPRoute, by JSON patch only, since its lists are atomic. */
export function createHttpRoute(options: HttpRouteOptions): Traffic & { close(): void } {
  const { client, clock, fence, workload } = options
  const key = routeKey(workload)
  const object = `HTTPRoute ${client.namespace}/${options.route}`
  const bell = createBell(client, clock, () => [
    { kind: 'HTTPRoute', selection: { fields: `metadata.name=${options.route}` } },
  ])
  /** As last read: what a forward write was decided on. */
  let basis: HttpRoute | undefined

  const namesOf = (route: HttpRoute): { stable: string; canary: string } =>
    markOf(route, workload) ?? { stable: options.stableService, canary: options.canaryService }
  const rulesOf = (route: HttpRoute): readonly SplitRule[] => splitRules(route, namesOf(route), options.rule)

  async function current(): Promise<HttpRoute> {
    basis = await client.get('HTTPRoute', options.route)
    return basis
  }

  function sight(route: HttpRoute, service: Service | undefined): TrafficSight {
    const mark = markOf(route, workload)
    const rules = rulesOf(route)
    const ours = rules.filter((rule) => rule.canary !== undefined)
    const shares = [...new Set(ours.map(shareOf).filter((share) => share !== undefined))]
    const abandoned = mark === undefined ? [] : abandonedRules(route, mark)
    const stamped = options.held() !== undefined && fence.of(route.metadata) === options.held()
    const weight = Math.max(abandoned.length > 0 ? 100 : 0, ...shares)
    // A backend that somebody deleted leaves ResolvedRefs False for as long as the route names it: without a share it
    // keeps nobody from going back, and going back is what takes it out.
    const deleted = ours.length > 0 && weight === 0 && service === undefined
    return {
      kind: 'route',
      linked: mark !== undefined || ours.length > 0,
      weight,
      ...acceptanceOf(route, mark?.unresolved === true || deleted),
      tampered: mark === undefined ? undefined : tamperedWith(mark, rules, shares, abandoned, service),
      unstamped: stamped ? [] : [`HTTPRoute/${options.route}`],
    }
  }

  function tamperedWith(
    mark: RouteMark,
    rules: readonly SplitRule[],
    shares: readonly number[],
    abandoned: readonly number[],
    service: Service | undefined,
  ): string | undefined {
    if (abandoned.length > 0) {
      return `${object} names ${mark.canary} without ${mark.stable} in rule ${abandoned.join(', ')}: somebody else changed it`
    }
    if (rules.length === 0) return `${object} does not name the Service ${mark.stable} any more`
    const without = rules.filter((rule) => rule.canary === undefined).map((rule) => rule.at)
    if (without.length > 0) {
      const also = without.length < rules.length ? ', or this release began with another input rule' : ''
      return `${object} names ${mark.stable} without ${mark.canary} in rule ${without.join(', ')}: somebody else changed it${also}`
    }
    if (shares.length > 1) {
      return `${object} gives the canary different shares in its rules (${shares.map(formatPercent).join(', ')}): somebody else changed it`
    }
    return service === undefined ? `Service ${mark.canary} is gone: somebody else deleted it` : undefined
  }

  /** The route, once a controller has looked at it as it is now: one that was applied a moment ago is given a moment. */
  async function heard(): Promise<HttpRoute> {
    for (const until = clock.now() + options.settle; ; await clock.sleep(200)) {
      const route = await client.get('HTTPRoute', options.route)
      if (isHeard(route) || markOf(route, workload) !== undefined || clock.now() >= until) return route
    }
  }

  async function ensureService(stamp: number): Promise<void> {
    await ensureOwnService(client, fence, {
      like: await client.get('Service', options.stableService),
      name: options.canaryService,
      workload,
      selector: await options.selector(),
      owner: options.owner,
      stamp,
      input: 'canary-service',
    })
  }

  return {
    settle: options.settle,

    async preflight(plan) {
      const [route, stable, existing] = await Promise.all([
        heard(),
        client.get('Service', options.stableService),
        client.find('Service', options.canaryService),
      ])
      refuseForeign(existing, workload, 'canary-service')
      const rules = rulesOf(route)
      refuseRoute(route, rules)
      // What is in flight already is walked or taken back, whatever has become of the route meanwhile.
      if (markOf(route, workload) === undefined) refuseWithoutRequests(route, rules)
      for (const rule of rules) plan.forEach((weight) => reweighed(rule, weight))
      const places = rules.map((rule) => route.spec?.rules?.[rule.at]?.name ?? String(rule.at)).join(', ')
      const { refused } = acceptanceOf(route, false)
      return {
        warnings: refused === undefined ? [] : [`${object} is not in order before this release: ${refused}`],
        changes: [
          `${object}, rule ${places}: the weights of ${stable.metadata?.name} and its canary, and a backend ${options.canaryService} while the release is in flight`,
        ],
      }
    },

    async read() {
      const [route, service] = await Promise.all([
        client.find('HTTPRoute', options.route),
        client.find('Service', options.canaryService),
      ])
      basis = route
      bell.seen([route])
      return route === undefined ? gone(object) : sight(route, service)
    },

    async stamp(name, stamp) {
      if (name !== `HTTPRoute/${options.route}`) throw new NotFound(`${name} is no object of this route`)
      await fence.stamp('HTTPRoute', options.route, stamp)
    },

    async original() {
      const route = await current()
      return originalOf(route, rulesOf(route), options.stableService)
    },

    async link(stamp) {
      await ensureService(stamp)
      const route = await current()
      const rules = rulesOf(route)
      refuseRoute(route, rules)
      const missing = rules.filter((rule) => rule.canary === undefined)
      const marked = markOf(route, workload)
      const mark: RouteMark = marked ?? {
        stable: options.stableService,
        canary: options.canaryService,
        unresolved: acceptanceOf(route, false).refused !== undefined,
      }
      if (missing.length === 0 && marked !== undefined) return
      await fence.patch('HTTPRoute', options.route, stamp, [
        sameVersion(route.metadata?.resourceVersion),
        ...annotating(route.metadata, key, JSON.stringify(mark)),
        ...missing.flatMap((rule) => adding(rule, options.canaryService)),
      ])
    },

    async shift(weight, stamp) {
      const route = basis ?? (await current())
      const rules = rulesOf(route)
      if (rules.length === 0 || rules.some((rule) => rule.canary === undefined)) {
        throw new Conflict(`${object} does not name ${options.canaryService} any more`, { object })
      }
      basis = undefined
      const patch = rules.flatMap((rule) => setWeights(rule, reweighed(rule, weight)))
      await fence.patch('HTTPRoute', options.route, stamp, [
        sameVersion(route.metadata?.resourceVersion),
        ...patch,
      ])
    },

    async retreat(stamp) {
      const served = (route: HttpRoute): readonly SplitRule[] =>
        rulesOf(route).filter((rule) => (shareOf(rule) ?? 0) > 0)
      // As last seen, first: at a slow server another look may take longer than there is.
      let route = basis !== undefined && served(basis).length > 0 ? basis : undefined
      for (let attempt = 1; ; attempt++) {
        route ??= await client.find('HTTPRoute', options.route)
        const ours = route === undefined ? [] : served(route)
        if (route === undefined || ours.length === 0) return
        const patch = ours.flatMap((rule) => setWeights(rule, reweighed(rule, 0)))
        try {
          await fence.patch('HTTPRoute', options.route, stamp, patch)
          basis = undefined
          return
        } catch (error) {
          // Somebody changed the route between our look and our write: look again. Their stamp would end it.
          if (!(error instanceof Conflict) || attempt >= 20) throw error
          await clock.sleep(Math.min(100 * attempt, 1000))
          route = undefined
        }
      }
    },

    async unlink(original, stamp) {
      for (let attempt = 1; ; attempt++) {
        const route = await client.find('HTTPRoute', options.route)
        if (route === undefined) break
        const names = namesOf(route)
        const mark: readonly JsonPatchOperation[] =
          route.metadata?.annotations?.[key] === undefined
            ? []
            : [{ op: 'remove', path: pointer('metadata', 'annotations', key) }]
        const patch = [...unlinking(route, names, parseOriginal(original)), ...mark]
        if (patch.length === 0) break
        try {
          await fence.patch('HTTPRoute', options.route, stamp, patch)
          break
        } catch (error) {
          if (!(error instanceof Conflict) || attempt >= 20) throw error
          await clock.sleep(Math.min(100 * attempt, 1000))
        }
      }
      await fence.remove('Service', options.canaryService, stamp)
    },

    async wayBack() {
      const route = await current().catch(() => basis)
      return routeBack(client.namespace, options.route, route === undefined ? [] : rulesOf(route))
    },

    changed: (ms, signal) => bell.wait(ms, signal),
    close: () => bell.close(),
  }

  /** A share of nothing can be neither set nor proved. */
  function refuseWithoutRequests(route: HttpRoute, rules: readonly SplitRule[]): void {
    const fix = [
      'nothing has been changed',
      `kubectl -n ${client.namespace} get httproute ${options.route} -o yaml`,
    ]
    if (rules.every((rule) => shareOf(rule) === undefined)) {
      const message = `${object} gives ${options.stableService} the weight 0: a share of that is nothing`
      throw new ReleaseError('invalid-input', message, { object, fix })
    }
    const silent = isHeard(route)
      ? undefined
      : `no controller has said anything of its generation ${route.metadata?.generation ?? 0}, so neither the way there nor the way back could be proved; is the Gateway of its parentRefs there, and its controller running?`
    const refused = refusedByAll(route) ?? silent
    if (refused === undefined) return
    throw new ReleaseError('not-ready', `no request comes through ${object}: ${refused}`, { object, fix })
  }

  function refuseRoute(route: HttpRoute, rules: readonly SplitRule[]): void {
    const all = route.spec?.rules ?? []
    const named = [...new Set(all.flatMap((rule) => (rule.backendRefs ?? []).map((ref) => ref.name)))]
    if (options.rule !== undefined && !all.some((rule, at) => isRule(rule, at, options.rule ?? ''))) {
      const known = all.map((rule, at) => rule.name ?? String(at)).join(', ')
      throw new NotFound(`${object} has no rule ${options.rule}; it has ${known}`, { object })
    }
    if (rules.length === 0) {
      throw new NotFound(`${object} does not name the Service ${options.stableService}`, {
        object,
        fix: [`it names: ${named.join(', ') || '(nothing)'}; set stable-service or rule`],
      })
    }
    for (const rule of rules) {
      const stable = rule.refs[rule.stable]
      const far = rule.refs.find((ref) => (ref.namespace ?? client.namespace) !== client.namespace)
      if (far === undefined || stable === undefined) continue
      const message = `${object} has a backend in another namespace (${far.namespace}/${far.name}) beside ${stable.name}: that is not supported yet`
      throw new ReleaseError('invalid-input', message, { object })
    }
    const twice = rules.find(
      (rule) => rule.refs.filter((ref) => isService(ref, options.stableService, client.namespace)).length > 1,
    )
    if (twice !== undefined) {
      const message = `${object} names ${options.stableService} twice in rule ${twice.at}: which of them to split is not clear`
      throw new ReleaseError('invalid-input', message, { object })
    }
  }
}

/** Nobody reaches anything through a route that was deleted: there is nothing to take back. */
function gone(object: string): TrafficSight {
  return {
    kind: 'route',
    linked: false,
    weight: 0,
    accepted: true,
    refused: undefined,
    tampered: `${object} does not exist any more: somebody else deleted it`,
    unstamped: [],
  }
}

/** Our ref beside the stable's, with its port and filters, and nothing of the traffic. */
function adding(rule: SplitRule, name: string): readonly JsonPatchOperation[] {
  const refs = pointer('spec', 'rules', rule.at, 'backendRefs')
  const stable = rule.refs[rule.stable]
  if (stable === undefined) return []
  return [
    { op: 'test', path: `${refs}${pointer(rule.stable, 'name')}`, value: stable.name },
    { op: 'add', path: `${refs}/-`, value: { ...stable, name, weight: 0 } },
  ]
}
