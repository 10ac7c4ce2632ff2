import { afterEach } from '@jest/globals'
import { request } from 'node:http'
import { ApiServer, type ApiServerOptions } from '../../src/kubernetes/api/server.ts'
import { Store } from '../../src/kubernetes/store.ts'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Parsed JSON, or the text when it is none. */
  readonly body: Body
}
/** The parts of answers that tests read. */
export interface Body {
  readonly reason?: string
  readonly message?: string
  readonly major?: string
  readonly metadata?: {
    readonly name?: string
    readonly resourceVersion?: string
    readonly generation?: number
    readonly continue?: string
    readonly managedFields?: readonly {
      readonly manager: string
      readonly operation: string
      readonly fieldsV1: object
    }[]
  }
  readonly spec?: {
    readonly replicas?: number
    readonly clusterIP?: string
    readonly rules?: readonly object[]
    readonly template?: {
      readonly spec?: { readonly containers?: readonly { name: string; image: string; env?: object[] }[] }
    }
  }
  readonly status?: { readonly replicas?: number; readonly token?: string }
  readonly data?: Readonly<Record<string, string>>
  readonly items?: readonly { readonly metadata: { readonly name: string } }[]
  readonly groups?: readonly { readonly name: string }[]
  readonly resources?: readonly { readonly name: string }[]
  readonly details?: { readonly causes?: readonly { readonly field: string; readonly message: string }[] }
}

export interface CallOptions {
  readonly token?: string | undefined
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

export const JSON_PATCH = 'application/json-patch+json'
export const MERGE_PATCH = 'application/merge-patch+json'
export const STRATEGIC = 'application/strategic-merge-patch+json'
export const APPLY = 'application/apply-patch+yaml'

/** An API server without controllers, and a way to talk to it as its clients do. */
export interface World {
  readonly api: ApiServer
  readonly store: Store
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Reply>
  /** A watch; `next` resolves with each event in turn, `undefined` at its end. */
  watch(path: string, options?: CallOptions): Promise<Watching>
}
export interface Watching {
  readonly status: number
  next(): Promise<{ readonly type: string; readonly object: Body } | undefined>
  close(): void
}

const open: ApiServer[] = []
afterEach(async () => {
  for (const api of open.splice(0)) await api[Symbol.asyncDispose]()
})

export async function world(options: Partial<ApiServerOptions> = {}): Promise<World> {
  const store = new Store()
  const api = await ApiServer.start({ store, ...options })
  open.push(api)
  return {
    api,
    store,
    call: (method, path, body, callOptions = {}) => call(api, method, path, body, callOptions),
    watch: (path, callOptions = {}) => watch(api, path, callOptions),
  }
}

function send(
  api: ApiServer,
  method: string,
  path: string,
  { token, type, headers }: CallOptions,
  hasBody: boolean,
) {
  const authorization = `Bearer ${token ?? api.users.adminToken}`
  return request(new URL(path, api.url), {
    method,
    headers: {
      authorization,
      'user-agent': 'tester/1.0',
      ...(hasBody ? { 'content-type': type ?? 'application/json' } : {}),
      ...headers,
    },
  })
}

function call(
  api: ApiServer,
  method: string,
  path: string,
  body: unknown,
  options: CallOptions,
): Promise<Reply> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const out = send(api, method, path, options, text !== undefined)
    out.once('error', reject)
    out.once('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const answer = Buffer.concat(chunks).toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parse(answer) as Body })
      })
    })
    if (text !== undefined) out.setHeader('content-length', Buffer.byteLength(text))
    out.end(text)
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function watch(api: ApiServer, path: string, options: CallOptions): Promise<Watching> {
  return new Promise((resolve, reject) => {
    const out = send(api, 'GET', path, options, false)
    out.once('error', reject)
    out.once('response', (response) => {
      const events: { type: string; object: Body }[] = []
      const waiting: ((event: { type: string; object: Body } | undefined) => void)[] = []
      let rest = ''
      let ended = false
      const end = (): void => {
        ended = true
        for (const give of waiting.splice(0)) give(undefined)
      }
      response.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const event = JSON.parse(line) as { type: string; object: Body }
          const give = waiting.shift()
          if (give === undefined) events.push(event)
          else give(event)
        }
      })
      response.once('end', end)
      response.once('error', end)
      resolve({
        status: response.statusCode ?? 0,
        next: () => {
          const event = events.shift()
          if (event !== undefined || ended) return Promise.resolve(event)
          return new Promise((give) => waiting.push(give))
        },
        close: () => {
          out.destroy()
        },
      })
    })
    out.end()
  })
}

export const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'
export const SERVICES = '/api/v1/namespaces/default/services'
export const ROUTES = '/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes'
export const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases'

export function deployment(name: string, spec: object = {}): object {
  const labels = { app: name }
  const containers = [{ name: 'app', image: 'node:24-alpine', ports: [{ containerPort: 8080 }] }]
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
      ...spec,
    },
  }
}

export function route(name: string): object {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name },
    spec: {
      parentRefs: [{ name: 'gw' }],
      rules: [
        { backendRefs: [{ name: 'shop', port: 80 }] },
        {
          matches: [{ headers: [{ name: 'x', value: 'y' }] }],
          filters: [
            { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'a', value: 'b' }] } },
          ],
          backendRefs: [{ name: 'shop', port: 80, weight: 3 }],
        },
      ],
    },
  }
}
