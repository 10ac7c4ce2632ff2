export { headline } from './headline.ts'
export type * from './report.ts'
export { releaseSummary } from './summary.ts'
