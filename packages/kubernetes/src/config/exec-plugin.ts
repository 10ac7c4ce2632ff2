import { spawn } from 'node:child_process'
import { codeOf } from '@release-actions/http'
import type { Clock } from '@release-actions/ports'
import { messageOf, Unauthenticated } from '@release-actions/values'
import type { Credential, CredentialSource } from './credentials.ts'
import { type KubeContext, type Mapping, isMapping, textOf } from './kubeconfig.ts'
import type { Env } from './sources.ts'

/** Asked again this long before the end, so that no request is sent with a credential that ends on the way. */
const EARLY = 60_000
/** A plugin that asks a person something would wait for ever. */
const LIMIT = 60_000

/**
 * Credentials from a client-go exec plugin (aws, gke-gcloud-auth-plugin, kubelogin …), by
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins.
 * Ours and not client-node's, which tells neither the plugin which cluster is meant nor us when the credential ends.
 */
export function fromExecPlugin(
  context: KubeContext,
  exec: Mapping,
  env: Env,
  clock: Clock,
  limit = LIMIT,
): CredentialSource {
  let kept: Credential | undefined
  /** What is asked for side by side is asked of the plugin once. */
  let asking: Promise<Credential> | undefined

  const ask = (): Promise<Credential> =>
    (asking ??= run(context, exec, env, limit)
      .then((credential) => (kept = credential))
      .finally(() => (asking = undefined)))

  return async (fresh) => {
    const last = kept
    const { expiresAt = Infinity } = last ?? {}
    if (last !== undefined && !fresh && clock.now() <= expiresAt - EARLY) return last
    try {
      return await ask()
    } catch (error) {
      // A plugin that fails for a moment ends nothing while what it gave before still holds.
      if (last !== undefined && !fresh && clock.now() < expiresAt) return last
      throw error
    }
  }
}

async function run(context: KubeContext, exec: Mapping, env: Env, limit: number): Promise<Credential> {
  const command = textOf(exec['command']) ?? ''
  const args = Array.isArray(exec['args']) ? exec['args'].map(String) : []
  const version = textOf(exec['apiVersion']) ?? 'client.authentication.k8s.io/v1'
  const told = {
    apiVersion: version,
    kind: 'ExecCredential',
    spec: { interactive: false, ...clusterInfo(context, exec) },
  }
  const own = Array.isArray(exec['env']) ? exec['env'].filter(isMapping) : []
  const variables = {
    ...env,
    ...Object.fromEntries(own.map((entry) => [String(entry['name']), String(entry['value'] ?? '')])),
    KUBERNETES_EXEC_INFO: JSON.stringify(told),
  }
  const fail = (why: readonly string[], cause?: unknown): Unauthenticated => {
    const hint = textOf(exec['installHint'])
    const asked = [command, ...shown(args)].join(' ')
    return new Unauthenticated(`the kubeconfig's credential plugin failed: ${asked}`, {
      object: `user ${context.userName} of ${context.origin}`,
      why,
      fix: hint === undefined ? [] : [hint],
      cause,
    })
  }
  const out = await output(command, args, variables, limit).catch((error: unknown) => {
    throw fail([codeOf(error) === 'ENOENT' ? `there is no ${command} here` : messageOf(error)], error)
  })
  if (out.code !== 0) throw fail([`exit code ${out.code}`, ...out.stderr.trim().split('\n').slice(-5)])
  let answer: unknown
  try {
    answer = JSON.parse(out.stdout)
  } catch (error) {
    throw fail(['it printed no JSON'], error)
  }
  const status = isMapping(answer) && isMapping(answer['status']) ? answer['status'] : undefined
  if (status === undefined) throw fail(['its answer has no status'])
  const [token, cert, key] = ['token', 'clientCertificateData', 'clientKeyData'].map((name) =>
    textOf(status[name]),
  )
  const ends = Date.parse(textOf(status['expirationTimestamp']) ?? '')
  return {
    authorization: token === undefined ? undefined : `Bearer ${token}`,
    cert,
    key,
    expiresAt: Number.isNaN(ends) ? undefined : ends,
    secrets: [token, key].filter((text) => text !== undefined),
  }
}

/** A flag whose value is a secret, such as kubelogin's `--oidc-client-secret`. */
const SECRET = /^--?[\w-]*(?:secret|token|password|key)(?=$|=)/i

/** Arguments as an error may show them: nothing of them is masked yet. */
function shown(args: readonly string[]): readonly string[] {
  return args.map((arg, at) => {
    const flag = SECRET.exec(arg)?.[0]
    if (flag !== undefined) return flag === arg ? arg : `${flag}=***`
    const before = args[at - 1]
    return before !== undefined && SECRET.exec(before)?.[0] === before ? '***' : arg
  })
}

function clusterInfo({ cluster }: KubeContext, exec: Mapping): Mapping {
  if (exec['provideClusterInfo'] !== true) return {}
  const extensions = Array.isArray(cluster['extensions']) ? cluster['extensions'].filter(isMapping) : []
  const config = extensions.find((each) => each['name'] === 'client.authentication.k8s.io/exec')?.[
    'extension'
  ]
  return {
    cluster: {
      server: cluster['server'],
      'tls-server-name': cluster['tls-server-name'],
      'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
      'certificate-authority-data': cluster['certificate-authority-data'],
      'proxy-url': cluster['proxy-url'],
      config,
    },
  }
}

function output(
  command: string,
  args: readonly string[],
  env: Env,
  limit: number,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    // `close` waits for whoever else holds the pipes, and a wrapper script's child may for ever.
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      child.stdout.destroy()
      child.stderr.destroy()
      reject(new Error(`it did not end within ${limit / 1000} s`))
    }, limit)
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, stdout, stderr })
    })
  })
}
