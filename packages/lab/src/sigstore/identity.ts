/**
 * Who vouches for runs: GitHub's issuer of identity tokens, and the address at which the runner gives them to a job with
 * `id-token: write`. Tokens are signed, and say which key signed them, as those of the real one.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface EmbeddedIdentity {
  /** What the runner gives to a job that may ask. */
  readonly env: Readonly<Record<string, string>>
  readonly issuer: string
  close(): Promise<void>
}

/** @param claims of the run; what is left out is of `octo/shop` on its main branch */
export async function startIdentity(
  claims: Readonly<Record<string, string>> = {},
): Promise<EmbeddedIdentity> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const tokenFor = (audience: string): string => {
    const now = Math.floor(Date.now() / 1000)
    const body = {
      iss: issuer,
      aud: audience,
      iat: now,
      nbf: now - 60,
      exp: now + 600,
      sub: 'https://github.com/octo/shop/.github/workflows/release.yml@refs/heads/main',
      ref: 'refs/heads/main',
      sha: 'a'.repeat(40),
      repository: 'octo/shop',
      event_name: 'push',
      job_workflow_ref: 'octo/shop/.github/workflows/release.yml@refs/heads/main',
      workflow_ref: 'octo/shop/.github/workflows/release.yml@refs/heads/main',
      repository_id: '1',
      repository_owner_id: '2',
      runner_environment: 'github-hosted',
      run_id: '7001',
      run_attempt: '1',
      ...claims,
    }
    const signed = `${part({ alg: 'RS256', typ: 'JWT', kid: 'lab' })}.${part(body)}`
    return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
  }
  const answers: Readonly<Record<string, (url: URL) => object>> = {
    '/token': (url) => ({ value: tokenFor(url.searchParams.get('audience') ?? '') }),
    '/.well-known/openid-configuration': () => ({ issuer, jwks_uri: `${issuer}/keys` }),
    '/keys': () => ({
      keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'lab', alg: 'RS256', use: 'sig' }],
    }),
  }
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', issuer)
    const answer = answers[url.pathname]
    const asked = url.pathname !== '/token' || request.headers.authorization === 'Bearer ask-for-tokens'
    if (answer === undefined || !asked) return void response.writeHead(asked ? 404 : 401).end('{}')
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer(url)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer}/token?`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'ask-for-tokens',
    },
    issuer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
