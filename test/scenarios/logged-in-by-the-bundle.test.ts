import { afterAll, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAction, startGitHub, startKubernetes } from '@release-actions/lab'
import { inRepo } from '../../scripts/lib/repo.ts'

const folder = mkdtempSync(join(tmpdir(), 'logged-in-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const INPUTS = {
  record: 'false',
  namespace: 'default',
  workload: 'shop',
  traffic: 'replicas',
  image: `shop@sha256:${'a'.repeat(64)}`,
}

/** Runs the bundled canary-step, which fails (there is no shop), and gives what it said. */
async function logOf(kubeconfig: string): Promise<string> {
  const github = await startGitHub()
  try {
    const dir = inRepo('dist', 'canary-step')
    return (await startAction({ dir, github: github.run(), kubeconfig, inputs: INPUTS }).done).log
  } finally {
    await github.close()
  }
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const ID_TOKEN = `${base64url({ alg: 'none' })}.${base64url({ exp: 4_000_000_000 })}.signature`
const tokenFile = join(folder, 'token')
writeFileSync(tokenFile, 'from-a-file\n')
const answer = JSON.stringify({ kind: 'ExecCredential', status: { token: 'from-a-plugin' } })

test.each<[string, object, string]>([
  ['a token file', { tokenFile }, 'Bearer from-a-file'],
  [
    'an exec plugin',
    { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'echo', args: [answer] } },
    'Bearer from-a-plugin',
  ],
  [
    "client-node's OpenID Connect",
    { 'auth-provider': { name: 'oidc', config: { 'id-token': ID_TOKEN } } },
    `Bearer ${ID_TOKEN}`,
  ],
])(
  '%s works from the bundle',
  async (_, user, wanted) => {
    const sent = new Set<string>()
    const server = createServer((request, response) => {
      sent.add(request.headers.authorization ?? '(nothing)')
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"kind":"Status"}')
    }).listen(0, '127.0.0.1')
    try {
      await new Promise((listening) => server.once('listening', listening))
      const { port } = server.address() as AddressInfo
      const cluster = { server: `http://127.0.0.1:${String(port)}`, 'insecure-skip-tls-verify': true }
      await logOf(
        JSON.stringify({
          'current-context': 'c',
          contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
          clusters: [{ name: 'c', cluster }],
          users: [{ name: 'u', user }],
        }),
      )
      expect([...sent]).toEqual([wanted])
    } finally {
      server.close()
    }
  },
  60_000,
)

test('a client certificate works from the bundle', async () => {
  await using kubernetes = await startKubernetes({ tls: true })
  expect(kubernetes.kubeconfig()).toContain('client-certificate-data')
  expect(await logOf(kubernetes.kubeconfig())).toContain('Deployment default/shop does not exist')
}, 60_000)
