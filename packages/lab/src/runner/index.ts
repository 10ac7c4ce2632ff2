export {
  runAction,
  startAction,
  type ActionOrder,
  type ActionResult,
  type PhaseResult,
  type RunningAction,
} from './runner.ts'
export type { StepAnnotation } from './log.ts'
export { RUNNER_GRACE, type Grace } from './phase.ts'
export { parsePairs } from './command-files.ts'
