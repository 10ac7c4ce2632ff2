import type { Clock } from '@release-actions/ports'
import { execute, userEnvironment } from '@release-actions/process'
import type { Credentials } from './docker-config.ts'
import { parseJson, textField } from './json.ts'

/** `gcloud`, `ecr-login`, `osxkeychain`: what follows `docker-credential-`. */
const NAME = /^[A-Za-z0-9._-]+$/
/** Helpers of clouds ask their cloud. */
const TIMEOUT_MS = 30_000
/** The user name by which a helper says that the secret is a refresh token. */
const IDENTITY = '<token>'

/** What a credential helper gave, or why it gave nothing. */
export type Helped =
  | { readonly kind: 'given'; readonly credentials: Extract<Credentials, { kind: 'basic' | 'identity' }> }
  | { readonly kind: 'none'; readonly why: string }

/**
 * Asks `docker-credential-NAME get` for the credentials of a server, as docker does
 * (https://github.com/docker/docker-credential-helpers): the server on its standard input, JSON on its output.
 */
export async function askHelper(
  { helper, server }: Extract<Credentials, { kind: 'helper' }>,
  env: NodeJS.ProcessEnv,
  clock: Clock,
  signal: AbortSignal,
): Promise<Helped> {
  if (!NAME.test(helper)) return { kind: 'none', why: 'its name in the docker configuration is none' }
  const ended = await execute({
    program: `docker-credential-${helper}`,
    args: ['get'],
    input: server,
    env: userEnvironment(env),
    cwd: process.cwd(),
    clock,
    signal,
    timeout: TIMEOUT_MS,
  })
  switch (ended.kind) {
    case 'unstarted':
      return { kind: 'none', why: ended.code === 'ENOENT' ? 'it is not installed' : ended.message }
    case 'killed':
      return { kind: 'none', why: 'it did not end' }
    case 'exit': {
      // Its words may hold the secret; only how it ended is told.
      if (ended.code !== 0) return { kind: 'none', why: `it ended with exit code ${ended.code}` }
      const said = parseJson(ended.stdout)
      const [user, secret] = [textField(said, 'Username'), textField(said, 'Secret')]
      if (user === undefined || secret === undefined || secret === '')
        return { kind: 'none', why: 'it gave no credentials' }
      return {
        kind: 'given',
        credentials:
          user === IDENTITY ? { kind: 'identity', token: secret } : { kind: 'basic', user, password: secret },
      }
    }
  }
}
