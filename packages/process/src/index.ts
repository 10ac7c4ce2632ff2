export { execute, type Ended, type Program } from './execute.ts'
export { userEnvironment } from './environment.ts'
export { runScript, type Script } from './script.ts'
