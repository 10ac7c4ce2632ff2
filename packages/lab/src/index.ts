export * from './github/index.ts'
export * from './runner/index.ts'
export * from './load/index.ts'
export * from './pages/index.ts'
