import { createHooks, type KubernetesRollback } from '@release-actions/kubernetes'
import type { HookResult, Hooks } from '@release-actions/ports'
import type { ReleaseId } from '@release-actions/release'
import type { Asked } from './asked.ts'
import type { Target } from './choose.ts'
import type { WantedHook } from './parse-hooks.ts'

/** A hook that was run, and what came of it. */
export interface HookRun {
  readonly hook: WantedHook
  readonly result: HookResult
}

/** The hooks of one service, and the Jobs they are run as. */
export interface ServiceHooks {
  readonly wanted: readonly WantedHook[]
  readonly jobs: Hooks
}

/** @param target undefined: only what is in flight is ended, and `to` is what served before it */
export function hooksOf(
  { hooks, kit, inputs }: Pick<Asked, 'hooks' | 'kit' | 'inputs'>,
  service: string,
  { client, target: { workload } }: KubernetesRollback,
  from: ReleaseId,
  target: Pick<Target, 'version' | 'digest' | 'image'> | undefined,
): ServiceHooks {
  const wanted = hooks.filter(({ services }) => services === undefined || services.includes(service))
  const jobs = createHooks({
    client,
    clock: kit.clock,
    workload,
    run: kit.context.run,
    cwd: kit.context.workspace,
    values: {
      service,
      'from-version': from.version,
      'from-digest': from.digest ?? '',
      'from-image': from.image,
      'to-version': target?.version ?? '',
      'to-digest': target?.digest ?? '',
      'to-image': target?.image ?? '',
      reason: inputs.reason,
    },
  })
  return { wanted, jobs }
}

/**
 * Runs them one after the other, in the order in which they are written.
 * @param ran is told of each
 * @returns the first that failed and must stop the rollback
 */
export async function runHooks(
  { wanted, jobs }: ServiceHooks,
  when: WantedHook['when'],
  signal: AbortSignal,
  ran: (run: HookRun) => void,
): Promise<HookRun | undefined> {
  for (const hook of wanted.filter((each) => each.when === when)) {
    const run = { hook, result: await jobs.run(hook, signal) }
    ran(run)
    const { outcome } = run.result
    if (outcome === 'interrupted' || (outcome !== 'succeeded' && hook.onFailure === 'stop')) return run
  }
  return undefined
}
