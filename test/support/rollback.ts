import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  startAction,
  type ActionResult,
  type RunningAction,
  type RunOrder,
  type Scene,
} from '@release-actions/lab'

/** The bundles of this repository, or those of another folder, such as a release's. */
const DIST = process.env['RELEASE_DIST'] ?? join(import.meta.dirname, '../../dist')

export interface RollbackOrder {
  readonly inputs?: Readonly<Record<string, string>>
  readonly run?: RunOrder
  /** Text files of the workspace, by path. */
  readonly files?: Readonly<Record<string, string>>
  readonly kubeconfig?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cancelAfter?: number
  readonly onLine?: (line: string) => void
}

/** So that a scenario takes seconds. Where the workload is, is in the record. */
const QUICK = { verify: '1', soak: '0s', interval: '200ms', timeout: '30s' } as const

/** Starts the rollback action as the runner does, as exactly the documented Role. */
export async function startRollback(scene: Scene, order: RollbackOrder = {}): Promise<RunningAction> {
  const { stage, github, name } = scene
  const workspace = mkdtempSync(join(tmpdir(), 'rollback-'))
  for (const [path, text] of Object.entries(order.files ?? {})) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true })
    writeFileSync(join(workspace, path), text)
  }
  const { env, cancelAfter, onLine } = order
  const running = startAction({
    dir: join(DIST, 'rollback'),
    github: github.run({ eventName: 'workflow_dispatch', workflow: 'rollback', ...order.run }),
    workspace,
    kubeconfig: order.kubeconfig ?? (await stage.roleKubeconfig()),
    inputs: {
      environment: 'production',
      services: name,
      reason: 'checkout fails',
      settle: stage.settle,
      drain: stage.drain,
      ...QUICK,
      ...order.inputs,
    },
    ...(env === undefined ? {} : { env }),
    ...(cancelAfter === undefined ? {} : { cancelAfter }),
    ...(onLine === undefined ? {} : { onLine }),
  })
  void running.done.finally(() => rmSync(workspace, { recursive: true, force: true }))
  return running
}

export async function rollBack(scene: Scene, order: RollbackOrder = {}): Promise<ActionResult> {
  return (await startRollback(scene, order)).done
}

/** Releases a version, all at once: what a rollback has to go back to, or from. */
export async function releaseAtOnce(scene: Scene, version: string, run?: RunOrder): Promise<void> {
  const done = await scene.release({
    version,
    inputs: { plan: '100', soak: '200ms' },
    ...(run === undefined ? {} : { run }),
  })
  if (done.outputs['decision'] !== 'promoted')
    throw new Error(`version ${version} was not released:\n${done.log}`)
}

/** What each Deployment of the record says: kind, version and state, oldest first. */
export function recordOf({ github }: Scene): readonly string[] {
  return github.deployments.map(({ payload, statuses }) => {
    const { kind, service, version } = payload as { kind: string; service: string; version: string }
    return `${kind} ${service} ${version}: ${statuses.at(-1)?.state}`
  })
}
