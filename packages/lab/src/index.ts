export * from './github/index.ts'
