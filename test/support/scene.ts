import { join } from 'node:path'
import { clusterFromEnv, openScene as open, type Scene, type SceneOptions } from '@release-actions/lab'

/** Where the scenarios play: on a real cluster with RELEASE_WORLD=cluster and a KUBECONFIG, else embedded. */
export const WORLD = process.env['RELEASE_WORLD'] === 'cluster' ? 'cluster' : 'embedded'

/** A scene in the world that was asked for, with the bundles of this repository. */
export function openScene(options: Omit<SceneOptions, 'cluster' | 'dist'> = {}): Promise<Scene> {
  const cluster = WORLD === 'cluster' ? clusterFromEnv(process.env) : undefined
  if (WORLD === 'cluster' && cluster === undefined) throw new Error('RELEASE_WORLD=cluster needs KUBECONFIG')
  return open({ ...options, cluster, dist: join(import.meta.dirname, '../../dist') })
}

export type { Scene }
