/** Native ES modules: run with `node --experimental-vm-modules`; `npm test` does. */
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/jest-strip-types.mjs' },
  injectGlobals: false,
  setupFilesAfterEnv: ['<rootDir>/scripts/jest-patience.mjs'],
  // Copies of package.json files below these would be taken for packages of ours.
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/build/', '<rootDir>/demo-output/'],
}

/**
 * What takes longest and is least likely to break alone: played in CI, and with `npm test -- --all`, so that a person
 * waits no longer than they must.
 */
const LONG = [
  'test/faults/(answers|others|killed-at-random|rollback-killed|switch-killed)[.]test',
  'test/scenarios/(examples|health-gate-examples|health-gate-on-pods|health-gate-outcomes|odd-names-and-labels)[.]test',
  // Of each of these something shorter is played always: two-runs, promoted-by, taken-back-for, and tests of one package.
  'test/scenarios/(dark-and-held|image-released|in-several-runs|manifests-(released|unchanged)|neighbours|somebody-else-interferes)[.]test',
  'test/scenarios/(recorded-on-github|route-of-the-users|several-containers)[.]test',
  'test/scenarios/bluegreen-(cancelled|examples|followers|github-away|httproute|missing-permission|not-ready)[.]test',
  'test/scenarios/bluegreen-(reapplied|recorded|refused|somebody-else|taken-back|two-runs)[.]test',
  'test/scenarios/rollback-(against-odds|attested|examples|hooks-and-gates|interrupted|missing-permission|of-several)[.]test',
  'test/scenarios/rollback-(killed-at-once|of-two-at-once|of-what-is-in-flight|to-the-other-color|without-own|writes-little)[.]test',
  // What a person changes seldom: the release of this repository, plays of it with git and all; how the lab's cluster
  // runs workloads and routes, which every scenario stands on.
  'test/unit/release[.]test',
  'packages/lab/test/kubernetes/(router|workloads)[.]test',
  'test/scenarios/(attestation-required|build-artifact-(cancelled|evidence|examples|image|same-inputs)|config-file)[.]test',
]

export default {
  testSequencer: '<rootDir>/scripts/jest-sequencer.mjs',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{packages,actions}/*/test/**/*.test.ts',
        '<rootDir>/test/{contract,unit}/**/*.test.ts',
      ],
      testPathIgnorePatterns: ['/node_modules/', ...LONG],
    },
    {
      ...shared,
      displayName: 'scenarios',
      testMatch: ['<rootDir>/test/{scenarios,faults}/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...LONG],
    },
    { ...shared, displayName: 'long', testRegex: LONG },
    { ...shared, displayName: 'cluster', testMatch: ['<rootDir>/test/cluster/**/*.test.ts'] },
    { ...shared, displayName: 'docker', testMatch: ['<rootDir>/test/docker/**/*.test.ts'] },
    { ...shared, displayName: 'workflows', testMatch: ['<rootDir>/test/workflows/**/*.test.ts'] },
  ],
}
