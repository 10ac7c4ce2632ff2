export { renderSummaries, type PageOptions, type Summary } from './page.ts'
export type { PageRecord } from './record.ts'
