import { join } from 'node:path'
import { afterEach, test } from '@jest/globals'
import {
  clusterFromEnv,
  openScene as open,
  type AppOptions,
  type EmbeddedKubernetes,
  type Scene,
  type SceneOptions,
} from '@release-actions/lab'

/** Where the scenarios play: on a real cluster with RELEASE_WORLD=cluster and a KUBECONFIG, else embedded. */
export const WORLD = process.env['RELEASE_WORLD'] === 'cluster' ? 'cluster' : 'embedded'

/** The bundles of this repository, or those of another folder, such as a release's. */
export const DIST = process.env['RELEASE_DIST'] ?? join(import.meta.dirname, '../../dist')

/** Against a hang, not a measure of speed: a busy machine may take ten times the few seconds of a release. */
const TIMEOUT_MS = 300_000

/** Pods that end as soon as they may: the embedded router follows within 50 ms, so nothing needs the two seconds. */
export const BRIEF_PODS: Pick<AppOptions, 'preStop' | 'env'> =
  WORLD === 'cluster' ? {} : { preStop: 'unrouted', env: { DRAIN_MS: '300' } }

type Options = Omit<SceneOptions, 'cluster' | 'dist'>

const opened: Scene[] = []

/** A scene in the world that was asked for, with the bundles of this repository. */
export async function openScene(options: Options = {}): Promise<Scene> {
  const cluster = WORLD === 'cluster' ? clusterFromEnv(process.env) : undefined
  if (WORLD === 'cluster' && cluster === undefined) throw new Error('RELEASE_WORLD=cluster needs KUBECONFIG')
  const { env, ...app } = BRIEF_PODS
  const brief = { app: { ...app, ...options.app }, env: { ...env, ...options.env } }
  const scene = await open({ ...options, ...brief, cluster, dist: DIST })
  opened.push(scene)
  return scene
}

// Whatever a scenario is about, GitHub's own description must allow every request of it.
afterEach(() => {
  const violations = opened.splice(0).flatMap(({ github }) => github.violations)
  if (violations.length > 0)
    throw new Error(`GitHub's description forbids: ${JSON.stringify(violations, undefined, 2)}`)
})

/** A scenario that plays on both worlds. */
export function scenario(name: string, options: Options, play: (scene: Scene) => Promise<void>): void {
  test(name, () => playOn(options, play), TIMEOUT_MS)
}

/** One that needs what only the embedded world can do (faults, the request log, its images). */
export function embeddedScenario(
  name: string,
  options: Options,
  play: (scene: Scene, kubernetes: EmbeddedKubernetes) => Promise<void>,
): void {
  if (WORLD === 'cluster') {
    test.skip(`only on the embedded Kubernetes: ${name}`, () => undefined)
    return
  }
  test(
    name,
    () =>
      playOn(options, (scene) => {
        if (scene.stage.embedded === undefined)
          throw new Error('this scenario plays on the embedded Kubernetes')
        return play(scene, scene.stage.embedded)
      }),
    TIMEOUT_MS,
  )
}

async function playOn(options: Options, play: (scene: Scene) => Promise<void>): Promise<void> {
  await using scene = await openScene(options)
  await play(scene)
}

export type { Scene }
