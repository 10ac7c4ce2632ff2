export { type ClusterOptions, clusterFromEnv, openStage, until } from './open-stage.ts'
export * from './objects.ts'
export * from './scene.ts'
export type { InClusterClient, Stage } from './stage.ts'
