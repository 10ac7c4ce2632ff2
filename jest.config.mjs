/** Native ES modules: run with `node --experimental-vm-modules`; `npm test` does. */
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/jest-strip-types.mjs' },
  injectGlobals: false,
  // Copies of package.json files below these would be taken for packages of ours.
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/build/', '<rootDir>/demo-output/'],
}

export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{packages,actions}/*/test/**/*.test.ts',
        '<rootDir>/test/{contract,unit}/**/*.test.ts',
      ],
    },
    {
      ...shared,
      displayName: 'scenarios',
      testMatch: ['<rootDir>/test/{scenarios,faults}/**/*.test.ts'],
    },
    { ...shared, displayName: 'cluster', testMatch: ['<rootDir>/test/cluster/**/*.test.ts'] },
  ],
}
