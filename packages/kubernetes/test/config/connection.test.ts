import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import type { Clock } from '@release-actions/ports'
import { connect, type Connection } from '../../src/index.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'kubeconfig-'))
afterAll(() => rmSync(folder, { recursive: true }))

let now = Date.parse('2026-11-21T12:00:00Z')
const clock: Clock = { now: () => now, sleep: () => Promise.resolve() }
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const jwt = (claims: object): string =>
  `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`

function write(name: string, text: string): string {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

/** Prints a credential, as an exec plugin does. */
const PLUGIN = `console.log(JSON.stringify({apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: {token: 'given'}}))`

const open = (
  kubeconfig: string | undefined,
  more: { context?: string; env?: Record<string, string> } = {},
): Promise<Connection> =>
  connect({
    kubeconfig,
    context: more.context,
    env: { HOME: path.join(folder, 'nobody'), ...more.env },
    clock,
  })

function config(cluster: object, user: object, namespace?: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'it',
    clusters: [{ name: 'c', cluster: { server: 'https://k8s.test:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [
      { name: 'it', context: { cluster: 'c', user: 'u', ...(namespace !== undefined && { namespace }) } },
    ],
  })
}

const CA = { 'certificate-authority-data': base64('the ca') }

describe('the short path gives what KubeConfig gives', () => {
  write('files/ca.crt', 'the ca')
  write('files/client.crt', 'the cert')
  write('files/client.key', 'the key')
  write('files/token', 'from-a-file\n')
  const certificates = { 'client-certificate-data': base64('the cert'), 'client-key-data': base64('the key') }
  test.each<[string, object, object]>([
    ['a token', CA, { token: 'abc' }],
    ['a client certificate', CA, certificates],
    [
      'files',
      { 'certificate-authority': 'ca.crt' },
      { 'client-certificate': 'client.crt', 'client-key': 'client.key' },
    ],
    ['no checking', { 'insecure-skip-tls-verify': true }, { token: 'abc' }],
    ['another name in the certificate', { ...CA, 'tls-server-name': 'inner.test' }, certificates],
  ])('%s', async (name, cluster, user) => {
    const file = write(`files/${name.replaceAll(' ', '-')}.json`, config(cluster, user))
    const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js')
    const theirs = new KubeConfig()
    theirs.loadFromFile(file)
    const options: {
      ca?: unknown
      cert?: unknown
      key?: unknown
      servername?: string
      rejectUnauthorized?: boolean
      headers?: object
    } = {}
    await theirs.applyToHTTPSOptions(options)
    const text = (value: unknown): string | undefined =>
      value === undefined || value === null ? undefined : String(value)
    const { headers, tls } = await (await open(file)).access()
    const authorization = Object.entries(options.headers ?? {}).find(([key]) => key === 'Authorization')?.[1]
    expect(headers['authorization']).toBe(text(authorization))
    expect(tls.ca).toBe(text(options.ca))
    expect(tls.cert).toBe(text(options.cert))
    expect(tls.key).toBe(text(options.key))
    expect(tls.servername).toBe(options.servername)
    expect(tls.insecure === true).toBe(options.rejectUnauthorized === false)
  })
})

describe('where the kubeconfig comes from', () => {
  test('contents given as the input, in YAML or JSON', async () => {
    const yaml = `
apiVersion: v1
kind: Config
current-context: it
clusters: [{name: c, cluster: {server: "https://k8s.test:6443"}}]
users: [{name: u, user: {token: abc}}]
contexts: [{name: it, context: {cluster: c, user: u, namespace: shop}}]
`
    for (const text of [yaml, config({}, { token: 'abc' }, 'shop')]) {
      const connection = await open(text)
      expect(connection).toMatchObject({ server: 'https://k8s.test:6443', namespace: 'shop', cluster: 'c' })
      expect((await connection.access()).headers).toEqual({ authorization: 'Bearer abc' })
    }
  })

  test('several paths are joined as kubectl joins them: the first to name something wins', async () => {
    const first = write(
      'one.json',
      JSON.stringify({ 'current-context': 'it', users: [{ name: 'u', user: { token: 'first' } }] }),
    )
    const second = write('two.json', config({}, { token: 'second' }))
    const list = [first, path.join(folder, 'absent'), second].join(path.delimiter)
    const connection = await open(undefined, { env: { KUBECONFIG: list } })
    expect((await connection.access()).headers).toEqual({ authorization: 'Bearer first' })
    expect(connection.server).toBe('https://k8s.test:6443')
  })

  test('~/.kube/config, when nothing else is given', async () => {
    write('home/.kube/config', config({}, { token: 'from-home' }))
    const connection = await open(undefined, { env: { HOME: path.join(folder, 'home') } })
    expect((await connection.access()).headers).toEqual({ authorization: 'Bearer from-home' })
  })

  test('nothing anywhere says what to do', async () => {
    await expect(open(undefined)).rejects.toMatchObject({
      code: 'not-found',
      message: 'there is no kubeconfig',
      fix: [expect.stringContaining('input kubeconfig')],
    })
  })

  test('a path that does not exist names the input and the path', async () => {
    await expect(open('/no/such/file')).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringMatching(/^kubeconfig: .*no\/such\/file/),
    })
  })

  test('base64 instead of the contents is recognised', async () => {
    const encoded = write('encoded', base64(config({}, {})))
    await expect(open(encoded)).rejects.toMatchObject({ fix: ['it looks like base64: decode it first'] })
  })

  test('a context that is not there names those that are', async () => {
    await expect(open(config({}, {}), { context: 'If' })).rejects.toMatchObject({
      code: 'not-found',
      fix: ['its contexts are: it; did you mean it?'],
    })
  })

  test('a server that is no URL is refused', async () => {
    await expect(open(config({ server: 'k8s.test' }, {}))).rejects.toMatchObject({ code: 'invalid-input' })
  })
})

describe('credentials', () => {
  test('a token file, which wins over a token, is read anew each time: it is rotated', async () => {
    const file = write('rotated/config', config({}, { tokenFile: 'token', token: 'old' }))
    const connection = await open(file)
    for (const token of ['one', 'two']) {
      write('rotated/token', `${token}\n`)
      expect((await connection.access()).headers).toEqual({ authorization: `Bearer ${token}` })
    }
  })

  test('a JWT tells when it ends, another token does not', async () => {
    expect(await (await open(config({}, { token: jwt({ exp: 1_800_000_000 }) }))).expiresAt()).toBe(
      1_800_000_000_000,
    )
    expect(await (await open(config({}, { token: 'a.b.c' }))).expiresAt()).toBeUndefined()
  })

  test('name what a log must never show', async () => {
    const connection = await open(
      config({}, { token: 'tok', username: 'me', password: 'pw', 'client-key-data': base64('key') }),
    )
    expect(await connection.secrets()).toEqual(expect.arrayContaining(['tok', 'pw', 'key', base64('key')]))
  })

  test('name what is secret around the credentials too', async () => {
    const env = [
      { name: 'API_TOKEN', value: 'from-the-plugin' },
      { name: 'REGION', value: 'eu-central-1' },
    ]
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', PLUGIN],
      env,
    }
    const connection = await open(config({ 'proxy-url': 'http://me:hidden@proxy.test:3128' }, { exec }))
    expect(await connection.secrets()).toEqual(expect.arrayContaining(['hidden', 'from-the-plugin']))
    expect(await connection.secrets()).not.toContain('eu-central-1')
  })

  test('impersonation is passed on', async () => {
    const user = {
      token: 't',
      as: 'jane',
      'as-groups': ['a', 'b'],
      'as-user-extra': { 'example.com/scope': ['x'] },
    }
    expect((await (await open(config({}, user))).access()).headers).toEqual({
      authorization: 'Bearer t',
      'impersonate-user': 'jane',
      'impersonate-group': ['a', 'b'],
      'impersonate-extra-example.com%2Fscope': ['x'],
    })
  })

  test('a proxy-url is handed on', async () => {
    expect((await open(config({ 'proxy-url': 'http://proxy:3128' }, {}))).proxy).toBe('http://proxy:3128')
  })

  describe('of an exec plugin', () => {
    function plugin(name: string, body: string): string {
      const file = write(`plugins/${name}`, `#!${process.execPath}\n${body}\n`)
      chmodSync(file, 0o755)
      return file
    }
    const exec = (command: string, more: object = {}): object => ({
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never', ...more },
    })
    const answer = `
      const asked = JSON.parse(process.env.KUBERNETES_EXEC_INFO)
      require('node:fs').appendFileSync(process.argv[2], 'x')
      const token = [process.env.PROFILE, asked.spec.cluster?.server].join('@')
      console.log(JSON.stringify({kind: 'ExecCredential', status: {token, expirationTimestamp: '2026-11-21T12:15:00Z'}}))`

    test('carry its environment, are told of the cluster, kept, and asked for again before they end', async () => {
      const calls = write('calls', '')
      const user = exec(plugin('good.cjs', answer), {
        args: [calls],
        env: [{ name: 'PROFILE', value: 'prod' }],
        provideClusterInfo: true,
      })
      const connection = await open(config({}, user), { env: { PATH: process.env['PATH'] ?? '' } })
      const { headers } = await connection.access()
      expect(headers['authorization']).toBe('Bearer prod@https://k8s.test:6443/')
      expect(await connection.expiresAt()).toBe(Date.parse('2026-11-21T12:15:00Z'))
      const { readFileSync } = await import('node:fs')
      expect(readFileSync(calls, 'utf8')).toBe('x')
      now = Date.parse('2026-11-21T12:14:30Z')
      await connection.access()
      expect(readFileSync(calls, 'utf8')).toBe('xx')
      await connection.access(true)
      expect(readFileSync(calls, 'utf8')).toBe('xxx')
    })

    test('are asked for once by all who need them, and hold to their end while the plugin fails', async () => {
      const [calls, broken] = [write('calls-of-all', ''), path.join(folder, 'broken')]
      const failing = `if (require('node:fs').existsSync(${JSON.stringify(broken)})) process.exit(1)`
      const user = exec(plugin('at-times.cjs', `${answer};${failing}`), { args: [calls] })
      const connection = await open(config({}, user), { env: { PATH: process.env['PATH'] ?? '' } })
      const all = (): Promise<unknown> => Promise.all([1, 2, 3].map(() => connection.access()))
      const { readFileSync } = await import('node:fs')
      await all()
      expect(readFileSync(calls, 'utf8')).toBe('x')
      write('broken', '')
      now = Date.parse('2026-11-21T12:14:30Z')
      await all()
      expect(readFileSync(calls, 'utf8')).toBe('xx')
      now = Date.parse('2026-11-21T12:15:00Z')
      await expect(connection.access()).rejects.toMatchObject({ code: 'forbidden' })
      rmSync(broken)
      await connection.access()
    })

    test('that fails says what it said, and how to install it', async () => {
      const failing = exec(plugin('bad.cjs', 'console.error("no session: run login"); process.exit(3)'))
      await expect((await open(config({}, failing))).access()).rejects.toMatchObject({
        code: 'forbidden',
        why: ['exit code 3', 'no session: run login'],
      })
      const missing = exec('no-such-plugin', { installHint: 'install it from example.com' })
      await expect((await open(config({}, missing))).access()).rejects.toMatchObject({
        why: ['there is no no-such-plugin here'],
        fix: ['install it from example.com'],
      })
      const silent = exec(plugin('silent.cjs', ''))
      await expect((await open(config({}, silent))).access()).rejects.toMatchObject({
        why: ['it printed no JSON'],
      })
    })
  })

  test('an auth provider goes through KubeConfig', async () => {
    const user = { 'auth-provider': { name: 'oidc', config: { 'id-token': jwt({ exp: 1_900_000_000 }) } } }
    const connection = await open(config({}, user))
    expect((await connection.access()).headers['authorization']).toMatch(/^Bearer ey/)
    expect(await connection.expiresAt()).toBe(1_900_000_000_000)
  })
})
