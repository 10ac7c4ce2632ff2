export { createClaims, type ClaimsOptions, type KubernetesClaims } from './claims.ts'
export { createClient, type Client, type ClientOptions } from './client.ts'
export { connect, type Connection, type ConnectionOptions } from './config/connection.ts'
export { approach, openCanary, type Approach, type CanaryOptions } from './approach.ts'
export {
  approachBlueGreen,
  openBlueGreen,
  type BlueGreenApproach,
  type BlueGreenOptions,
} from './bluegreen/approach.ts'
export type { KubernetesBlueGreen } from './bluegreen/open.ts'
export type { Restoring } from './bluegreen/restoring.ts'
export type { SwitchChoice } from './bluegreen/standing.ts'
export type { ColorTarget } from './bluegreen/target.ts'
export type { Probe } from './traffic/asking.ts'
export type { KubernetesCanary } from './kubernetes.ts'
export type { Goal } from './canary/goal.ts'
export type { TargetOptions, TrafficChoice } from './canary/standing.ts'
export type { Target } from './canary/target.ts'
export { createHooks, type HooksOptions } from './hooks.ts'
export { canaryName, colorName, leaseName } from './names.ts'
export { createPods } from './pods.ts'
export {
  openRollback,
  releasedWorkloads,
  type KubernetesRollback,
  type RollbackOptions,
  type RollbackSurvey,
} from './rollback/open-rollback.ts'
export type { Restoration } from './rollback/restoration.ts'
export { renderRole, renderRule, ROLE, ROLE_RULES, roleRules, type RoleRule } from './role.ts'
export { findDeployment, mainImage, servicesOf } from './workloads.ts'
