export * from './events.ts'
export * from './faults.ts'
export * from './github.ts'
export type { Limits } from './limits.ts'
export type { OperationId, Permissions, Scope } from './openapi/operations.ts'
export type {
  ArtifactFile,
  CheckRun,
  Deployment,
  DeploymentState,
  DeploymentStatus,
  Issue,
  PayloadForm,
  WorkflowRun,
} from './world.ts'
