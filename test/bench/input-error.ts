/** An action that is given nothing says which input it lacks: the least that a user can wait for. */
import { tmpdir } from 'node:os'
import type { Prepared, Scenario } from '../../scripts/bench/scenario.ts'

export const scenarios: readonly Scenario[] = [
  'bluegreen-switch',
  'build-artifact',
  'canary-step',
  'health-gate',
  'rollback',
  'select-services',
].map((action) => ({
  name: `${action}: input error`,
  action,
  prepare: (): Promise<Prepared> =>
    Promise.resolve({
      env: { PATH: process.env['PATH'] ?? '', GITHUB_ACTIONS: 'true' },
      cwd: tmpdir(),
      exitCode: 1,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
}))
