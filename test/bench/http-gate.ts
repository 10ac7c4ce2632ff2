/** One HTTP gate that is asked twice, without a cluster or a record: the least that health-gate does. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import type { Prepared, Scenario } from '../../scripts/bench/scenario.ts'

export const scenarios: readonly Scenario[] = [
  { name: 'health-gate: one http gate', action: 'health-gate', prepare: answering },
]

async function answering(): Promise<Prepared> {
  const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  const { port } = server.address() as AddressInfo
  return {
    env: {
      PATH: process.env['PATH'] ?? '',
      GITHUB_ACTIONS: 'true',
      GITHUB_REPOSITORY: 'octo/shop',
      GITHUB_RUN_ID: '7',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_SHA: 'a'.repeat(40),
      GITHUB_REF: 'refs/heads/main',
      GITHUB_SERVER_URL: 'https://github.test',
      GITHUB_API_URL: 'https://github.test/api/v3',
      GITHUB_WORKSPACE: tmpdir(),
      INPUT_RECORD: 'false',
      INPUT_SERVICE: 'shop',
      INPUT_GATES: `[{"name": "up", "http": {"url": "http://127.0.0.1:${String(port)}/"}}]`,
      'INPUT_WARM-UP': '0s',
      INPUT_SOAK: '0s',
      INPUT_INTERVAL: '1s',
    },
    cwd: tmpdir(),
    exitCode: 0,
    [Symbol.asyncDispose]: () =>
      new Promise((closed) => {
        server.close(() => closed())
      }),
  }
}
