import type { Percent } from '@release-actions/values'
import type { RunId } from '../run-id.ts'

/** What a GitHub Deployment of ours says of one release of a service to an environment. */
export interface ReleaseRecord {
  readonly kind: 'release' | 'rollback'
  readonly service: string
  readonly version: string
  /** `sha256:…` */
  readonly digest: string | undefined
  readonly image: string
  /** SHA-256 (hex) of the pod template that it gave the workload; records of before this was kept have none. */
  readonly template?: string
  readonly strategy: 'canary' | 'bluegreen' | 'rollback'
  readonly plan?: readonly Percent[]
  readonly previous:
    | {
        readonly version: string
        readonly digest: string | undefined
        readonly deployment: number | undefined
      }
    | undefined
  readonly target: {
    readonly cluster: string
    readonly namespace: string
    readonly workload: string
    readonly container: string
    readonly traffic: string
  }
  readonly run: RunId
}

const TASK = 'release-actions:'

/** The Deployment's `task`: the REST API filters by it, so it carries the service. */
export function taskOf(service: string): string {
  return `${TASK}${service}`
}

/** The service that a Deployment's `task` names; undefined for one that is not ours. */
export function serviceOf(task: string): string | undefined {
  return task.startsWith(TASK) && task.length > TASK.length ? task.slice(TASK.length) : undefined
}

/** The newest status of a release's entry. */
export type RecordState = 'pending' | 'queued' | 'in_progress' | 'success' | 'failure' | 'error' | 'inactive'

/** Nobody has said yet how the release ended. */
export function isOpen(state: RecordState): boolean {
  return state === 'pending' || state === 'queued' || state === 'in_progress'
}
