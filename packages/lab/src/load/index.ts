export * from './binomial.ts'
export * from './load.ts'
export * from './samples.ts'
