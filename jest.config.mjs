/** Native ESM: run with `node --experimental-vm-modules`; scripts/test.ts does. */
const swc = [
  '@swc/jest',
  {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
]
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': swc },
  injectGlobals: false,
}
export default {
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/{packages,actions}/*/test/**/*.test.ts', '<rootDir>/test/{contract,unit}/**/*.test.ts'] },
    { ...shared, displayName: 'scenarios', testMatch: ['<rootDir>/test/{scenarios,faults}/**/*.test.ts'] },
    { ...shared, displayName: 'cluster', testMatch: ['<rootDir>/test/cluster/**/*.test.ts'] },
  ],
}
