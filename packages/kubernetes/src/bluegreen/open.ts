import type { Colors, Pods, Switch } from '@release-actions/ports'
import { Forbidden } from '@release-actions/values'
import { proveAccess } from '../access.ts'
import { createApplying } from '../canary/applying.ts'
import type { KubernetesClaims } from '../claims.ts'
import type { Client } from '../client.ts'
import { createFence } from '../fence.ts'
import { colorName } from '../names.ts'
import { createPods } from '../pods.ts'
import { roleRules } from '../role.ts'
import { selectorText } from '../selectors.ts'
import { createAsking } from '../traffic/asking.ts'
import { createRouteSwitch } from '../traffic/route-switch.ts'
import { createServiceSwitch } from '../traffic/service-switch.ts'
import type { BlueGreenOptions } from './approach.ts'
import { createColors } from './colors.ts'
import { lookFirstAtColors } from './preflight.ts'
import { heldByUs } from './held-by-us.ts'
import { portsOf } from './ports-of.ts'
import type { ColorStanding } from './standing.ts'
import { type ColorTarget, findColorTarget } from './target.ts'

/** What the approach has found already. */
export interface ColorsFound {
  readonly client: Client
  readonly claims: KubernetesClaims
  readonly standing: ColorStanding
}

/** Everything that a blue/green release touches in a cluster, behind the ports. */
export interface KubernetesBlueGreen {
  readonly colors: Colors
  readonly switch: Switch
  readonly claims: KubernetesClaims
  /** Tracks `blue` and `green`; `stable` is the user's own Deployment. */
  readonly pods: Pods
  readonly client: Client
  readonly target: ColorTarget
  /** Ends all watches. */
  close(): void
}

/**
 * Finds the other objects of a release; reads only.
 * @throws NotFound, InvalidInput, Forbidden, Unreachable
 */
export function blueGreenOf(
  options: BlueGreenOptions,
  { client, claims, standing }: ColorsFound,
): KubernetesBlueGreen {
  const { clock, workload } = options
  const target = findColorTarget({ ...options, client }, standing)
  const fence = createFence(client, workload)
  const held = (): number | undefined => claims.fence()
  const pods = createPods(client, {
    stable: workload,
    blue: colorName(workload, 'blue'),
    green: colorName(workload, 'green'),
  })
  const { labels = {} } = target.deployment.spec?.template.metadata ?? {}
  const applying =
    target.manifests === undefined
      ? undefined
      : createApplying(
          client,
          target.manifests,
          heldByUs(target.manifests, options.traffic, { workload, labels }),
        )
  let asked: Promise<boolean> | undefined
  const mayPatchBudgets = (): Promise<boolean> => (asked ??= isAllowed().catch(forget))
  const colors = createColors({
    client,
    clock,
    fence,
    held,
    target,
    applying,
    mayPatchBudgets,
    preflight: () =>
      lookFirstAtColors({ client, target, standing, applying, mayPatchBudgets, uses: options.uses ?? [] }),
  })
  const serving = switchOf()
  return {
    colors,
    switch: serving,
    claims,
    pods,
    client,
    target,
    close() {
      colors.close()
      serving.close()
    },
  }

  function switchOf(): Switch & { close(): void } {
    const all = selectorText(target.deployment.spec?.selector ?? {})
    const { service } = target
    const { namespace } = client
    const { http, probe = {} } = options
    const port = (): ReturnType<typeof portsOf> => portsOf(client, service, probe.port)
    const asking = createAsking({ pods, http, namespace, probe, port })
    if (options.traffic.kind === 'httproute') {
      const route = options.traffic.name
      const settle = options.settle ?? 5_000
      return createRouteSwitch({
        client,
        clock,
        fence,
        held,
        workload,
        route,
        service,
        pods: all,
        settle,
        asking: probe.url === undefined ? undefined : asking,
      })
    }
    const preview = target.preview('blue')
    return createServiceSwitch({
      client,
      clock,
      fence,
      held,
      workload,
      service,
      preview,
      pods: all,
      labels,
      asking,
    })
  }

  async function isAllowed(): Promise<boolean> {
    try {
      await proveAccess(client, roleRules(['budgets']))
      return true
    } catch (error) {
      if (error instanceof Forbidden) return false
      throw error
    }
  }

  /** Out of reach: asked again with the next look. */
  function forget(error: unknown): never {
    asked = undefined
    throw error
  }
}
