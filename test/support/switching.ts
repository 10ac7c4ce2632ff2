/** What the scenarios of bluegreen-switch share: a scene as most users have it, and what stands in it. */
import { expect } from '@jest/globals'
import type { ActionResult, ReleaseOrder, RunningAction } from '@release-actions/lab'
import { servedNow } from './evidence.ts'
import type { openScene, Scene } from './scene.ts'

type Options = NonNullable<Parameters<typeof openScene>[0]>

/** Version 1, applied with `kubectl apply`, behind a Service; clients come through the gateway. */
export const APPLIED: Options = { applied: 'client', rate: 60 }

/** Until somebody asks, the app is old: it answers, and it never fails. */
export const UP = '- name: up\n  http: {path: /, port: 8080}\n'
/** Never met by any version, without a failed request at a client. */
export const NEVER = '- name: never\n  http: {path: /healthz, port: 8080, status: 204}\n'

export function startSwitch(scene: Scene, order: ReleaseOrder): RunningAction {
  return scene.start({ action: 'bluegreen-switch', ...order })
}

export function switchTo(scene: Scene, order: ReleaseOrder): Promise<ActionResult> {
  return startSwitch(scene, order).done
}

/** By run 7100 and run 7200: version 3 serves on blue, and version 2 is warm on green. */
export async function switchedTwice(scene: Scene): Promise<void> {
  for (const [version, id] of [
    ['2', 7100],
    ['3', 7200],
  ] as const) {
    const done = await switchTo(scene, { version, run: { id }, inputs: { keep: '1h' } })
    expect(done.outputs['decision']).toBe('switched')
  }
}

/** Who serves, with how many pods, and what waits beside it. */
export interface Standing {
  /** The colour in the Service's selector. */
  readonly serves: string | undefined
  /** Desired pods: `own` is the user's Deployment. */
  readonly pods: Readonly<Record<'own' | 'blue' | 'green', number | undefined>>
  /** VERSION of each template. */
  readonly versions: Readonly<Record<'own' | 'blue' | 'green', string | undefined>>
}

interface DeploymentSpec {
  readonly replicas: number
  readonly template: {
    readonly spec: {
      readonly containers: readonly { readonly env?: readonly { name: string; value?: string }[] }[]
    }
  }
}

export async function standingOf({ stage, name }: Scene): Promise<Standing> {
  const [service, own, blue, green] = await Promise.all([
    stage.get('Service', name),
    stage.get('Deployment', name),
    stage.get('Deployment', `${name}-blue`),
    stage.get('Deployment', `${name}-green`),
  ])
  const { selector } = (service?.['spec'] ?? {}) as { selector?: Readonly<Record<string, string>> }
  const each = <T>(
    of: (spec: DeploymentSpec) => T,
  ): Readonly<Record<'own' | 'blue' | 'green', T | undefined>> => {
    const one = (object: typeof own): T | undefined => {
      const spec = object?.['spec'] as DeploymentSpec | undefined
      return spec === undefined ? undefined : of(spec)
    }
    return { own: one(own), blue: one(blue), green: one(green) }
  }
  return {
    serves: selector?.['release-actions.dev/color'],
    pods: each(({ replicas }) => replicas),
    versions: each(
      ({ template }) =>
        template.spec.containers.flatMap(({ env = [] }) => env).find(({ name: key }) => key === 'VERSION')
          ?.value,
    ),
  }
}

/** What the Lease says, as JSON. */
export async function leaseOf({ stage, name }: Scene): Promise<Readonly<Record<string, unknown>>> {
  const lease = await stage.get('Lease', `release-actions-${name}`)
  const { 'release-actions.dev/state': text = '{}' } = (lease?.metadata['annotations'] ?? {}) as Readonly<
    Record<string, string>
  >
  return JSON.parse(text) as Readonly<Record<string, unknown>>
}

/** Nobody is served by anything else, and nobody has been refused, on new connections or kept ones. */
export async function expectServedBy(scene: Scene, version: string): Promise<void> {
  await settled()
  if (scene.load !== undefined) expect(await servedNow(scene.load)).toEqual([version])
}

/** Long enough for a few requests after the last change. */
export function settled(ms = 400): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** A client inside the cluster that opens a new connection for each request; what it saw, by version. */
export interface Fresh {
  counts(): Promise<Readonly<Record<string, number>>>
  stop(): void
}

/** Fails the test when a new connection was ever refused or cut. */
export async function expectNoneFailed(fresh: Fresh): Promise<void> {
  const { failed = 0, ...others } = await fresh.counts()
  expect({ failed, answered: Object.values(others).reduce((sum, count) => sum + count, 0) > 0 }).toEqual({
    failed: 0,
    answered: true,
  })
}
