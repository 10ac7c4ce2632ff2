import { createHttp } from '@release-actions/http'
import { startGitHub, type EmbeddedGitHub, type Permissions } from '../../lab/src/github/index.ts'
import type { Clock } from '@release-actions/ports'
import type { ReleaseRecord } from '@release-actions/release'
import { createChecks, createGitHub, createLedger, type GitHub, type LedgerOptions } from '../src/index.ts'

export const JOB = 'https://github.com/octo/shop/actions/runs/7/job/1'

/** The embedded GitHub, and our adapters in front of it. Pauses pass at once and are counted. */
export async function world(options: Parameters<typeof startGitHub>[0] = {}) {
  const hub = await startGitHub(options)
  const slept: number[] = []
  const clock: Clock = {
    now: Date.now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        // The HTTP client's own time limits stay real.
        if (ms >= 30_000 && signal !== undefined)
          return void signal.addEventListener('abort', () => resolve())
        slept.push(ms)
        setImmediate(resolve)
      }),
  }
  const http = createHttp({ clock, random: () => 0 })
  const warnings: string[] = []
  const github = (permissions?: Permissions): GitHub =>
    client(hub, { http, clock, token: hub.token(permissions) })
  const ledger = (change: Partial<LedgerOptions> = {}) =>
    createLedger({
      github: github(),
      clock,
      environment: 'production',
      service: 'shop',
      sha: hub.sha,
      jobUrl: () => Promise.resolve(JOB),
      warn: (text) => warnings.push(text),
      ...change,
    })
  const checks = (permissions?: Permissions) =>
    createChecks({
      github: github(permissions),
      headSha: hub.sha,
      jobUrl: () => Promise.resolve(JOB),
      warn: (text) => warnings.push(text),
    })
  const close = async (): Promise<void> => {
    http.close()
    await hub.close()
  }
  return { hub, http, clock, slept, warnings, github, ledger, checks, close, [Symbol.asyncDispose]: close }
}

export function client(
  hub: EmbeddedGitHub,
  rest: Pick<Parameters<typeof createGitHub>[0], 'http' | 'clock' | 'token'>,
): GitHub {
  const [owner = '', repo = ''] = hub.repository.split('/')
  return createGitHub({ owner, repo, apiUrl: hub.url, graphqlUrl: hub.graphqlUrl, ...rest })
}

export function record(change: Partial<ReleaseRecord> = {}): ReleaseRecord {
  return {
    kind: 'release',
    service: 'shop',
    version: '1.4.0',
    digest: `sha256:${'a'.repeat(64)}`,
    image: 'ghcr.io/octo/shop:1.4.0',
    strategy: 'canary',
    plan: [5, 25, 50, 100],
    previous: { version: '1.3.2', digest: undefined, deployment: undefined },
    target: {
      cluster: 'c',
      namespace: 'shop',
      workload: 'shop',
      container: 'app',
      traffic: 'httproute/shop',
    },
    run: { id: 7, attempt: 1 },
    ...change,
  }
}
