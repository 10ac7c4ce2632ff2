/** From bytes to a route and back: who asks, may they, is it as described, what does it do. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { notFound, Refusal, type Answer, type Call, type Route } from './answer.ts'
import type { GitHubEvent, Violation } from './events.ts'
import type { Fault, Faults } from './faults.ts'
import type { Listener } from './github.ts'
import { answerGraphql } from './graphql.ts'
import { secondaryLimit, type Account } from './limits.ts'
import type { Contract, Match, Mismatch } from './openapi/contract.ts'
import { OPERATIONS, type OperationId, type Permissions } from './openapi/operations.ts'
import { artifacts } from './routes/artifacts.ts'
import { attestations } from './routes/attestations.ts'
import { checks } from './routes/checks.ts'
import { deployments } from './routes/deployments.ts'
import { issues } from './routes/issues.ts'
import { repositories } from './routes/repository.ts'
import { runs } from './routes/runs.ts'
import type { JsonObject, World } from './world.ts'

export interface Served {
  readonly world: World
  readonly tokens: ReadonlyMap<string, { readonly permissions: Permissions; readonly account: Account }>
  readonly events: GitHubEvent[]
  readonly violations: Violation[]
  readonly faults: Faults
  readonly listeners: ReadonlySet<Listener>
  readonly contract: Contract
  readonly prefix: '' | '/api/v3'
}

const ROUTES: Readonly<Record<Exclude<OperationId, 'rate-limit/get'>, Route>> = {
  ...repositories,
  ...artifacts,
  ...attestations,
  ...deployments,
  ...checks,
  ...issues,
  ...runs,
}

/** @returns the origin, and a `close` that also ends the connections kept alive */
export async function serve(served: Served): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void handle(served, request, response).catch((error: unknown) => {
      served.violations.push({ kind: 'response', operation: 'unknown', field: '', message: String(error) })
      response.destroy()
    })
  })
  // Longer than any pause of an action: a connection that ends as it is used again would be a fault nobody ordered.
  server.keepAliveTimeout = 65_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

type Open = { -readonly [Key in keyof GitHubEvent]: GitHubEvent[Key] }

async function handle(served: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const raw = await bodyOf(request)
  const method = request.method ?? 'GET'
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const isGraphql = method === 'POST' && url.pathname === `${served.prefix === '' ? '' : '/api'}/graphql`
  const path = url.pathname.startsWith(served.prefix)
    ? url.pathname.slice(served.prefix.length)
    : url.pathname
  const match =
    isGraphql || (path === url.pathname && served.prefix !== '')
      ? undefined
      : served.contract.match(method, path)
  const event: Open = {
    at: served.world.now(),
    operation: isGraphql ? 'graphql' : (match?.operation.id ?? 'unknown'),
    method,
    path,
    query: Object.fromEntries(url.searchParams),
    body: parsed(raw),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    ),
    status: undefined,
    response: undefined,
    effect: false,
    fault: undefined,
  }
  served.events.push(event)
  const fault = served.faults.next(event)
  event.fault = fault
  await tell(served, 'before', event)
  if (fault?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms))
  if (fault?.kind === 'drop' && fault.effect === 'before') return void response.destroy()

  const asker = askerOf(served, event)
  const answer = await answered(served, { event, match, raw, url, asker, fault })
  event.effect = method !== 'GET' && !isGraphql && answer.status < 300 && answer.status !== 202
  await tell(served, 'after', event)
  if (fault?.kind === 'drop') return void response.destroy()
  event.status = answer.status
  event.response = answer.body
  send(response, answer, asker?.account.headers(isGraphql ? 'graphql' : 'core') ?? {}, fault)
}

interface Asked {
  readonly event: GitHubEvent
  readonly match: Match | undefined
  readonly raw: string
  readonly url: URL
  readonly asker: { readonly permissions: Permissions; readonly account: Account } | undefined
  readonly fault: Fault | undefined
}

async function answered(served: Served, asked: Asked): Promise<Answer> {
  try {
    return await answerOrThrow(served, asked)
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    throw error
  }
}

async function answerOrThrow(
  served: Served,
  { event, match, raw, url, asker, fault }: Asked,
): Promise<Answer> {
  const { headers, operation } = event
  if (headers['user-agent'] === undefined) {
    const rule = 'Please make sure your request has a User-Agent header'
    throw new Refusal(
      403,
      `Request forbidden by administrative rules. ${rule} (https://docs.github.com/rest).`,
    )
  }
  if (!/^\d{4}-\d\d-\d\d$/.test(headers['x-github-api-version'] ?? '2022-11-28')) {
    throw new Refusal(400, `${headers['x-github-api-version'] ?? ''} is not a supported version.`)
  }
  if (fault?.kind === 'status')
    throw new Refusal(fault.status, fault.message ?? 'Server Error', {}, fault.headers)
  if (asker === undefined) {
    throw new Refusal(
      401,
      headers['authorization'] === undefined ? 'Requires authentication' : 'Bad credentials',
    )
  }
  const { account, permissions } = asker
  if (fault?.kind === 'primary-limit') account.exhaust(fault.resetIn)
  if (fault?.kind === 'secondary-limit') throw secondaryLimit(fault.status, fault.retryAfter)
  if (operation === 'rate-limit/get') return checkedAnswer(served, match, account.overview())
  account.take(
    operation === 'graphql' ? 'graphql' : 'core',
    event.method !== 'GET' && operation !== 'graphql',
  )
  const stale = fault?.kind === 'stale' ? fault.newest : 0
  if (operation === 'graphql') {
    const state = account.state('graphql')
    const body = jsonObject(raw)
    return answerGraphql({
      world: served.world,
      stale,
      body,
      permissions,
      ...state,
      resetAt: state.reset * 1000,
    })
  }
  if (match === undefined || operation === 'unknown') {
    refuse(served, 'unknown', [{ field: '', message: `${event.method} ${event.path} is not served here` }])
    throw notFound()
  }
  const { owner = '', repo = '' } = match.params
  const repository = served.world.repositories.get(`${owner}/${repo}`.toLowerCase())
  if (repository === undefined) throw notFound()
  permit(operation, permissions)
  const body = raw === '' ? undefined : jsonObject(raw)
  const wrong = served.contract.checkRequest(match.operation, url.searchParams, body)
  if (wrong.length > 0) {
    refuse(served, operation, wrong)
    const lines = wrong.map(
      ({ field, message }) => `For '${field.replace(/^\//, 'properties/')}', ${message}`,
    )
    throw new Refusal(422, `Invalid request.\n\n${lines.join('\n')}`)
  }
  const call: Call = {
    world: served.world,
    repository,
    path: event.path,
    params: match.params,
    query: url.searchParams,
    body: body ?? {},
    api: `http://${headers['host'] ?? ''}${served.prefix}`,
    stale,
  }
  return checkedAnswer(served, match, ROUTES[operation](call))
}

/** A response that GitHub would not give is our fault: it becomes a 500 that names the field. */
function checkedAnswer(served: Served, match: Match | undefined, answer: Answer): Answer {
  if (match === undefined) return answer
  const wrong = served.contract.checkResponse(match.operation, answer.status, answer.body)
  if (wrong.length === 0) return answer
  const { id } = match.operation
  served.violations.push(...wrong.map((one) => ({ ...one, kind: 'response' as const, operation: id })))
  const fields = wrong.map(({ field, message }) => `${field} ${message}`).join('; ')
  return {
    status: 500,
    body: { message: `the embedded GitHub's response to ${id} is not as described: ${fields}` },
  }
}

function refuse(served: Served, operation: GitHubEvent['operation'], wrong: readonly Mismatch[]): void {
  served.violations.push(...wrong.map((one) => ({ ...one, kind: 'request' as const, operation })))
}

function permit(operation: OperationId, permissions: Permissions): void {
  const needed = OPERATIONS.find(({ id }) => id === operation)
  if (needed === undefined || needed.scope === 'metadata') return
  const given = permissions[needed.scope]
  if (given === 'write' || given === needed.access) return
  const accepted = { 'x-accepted-github-permissions': `${needed.scope}=${needed.access}` }
  throw new Refusal(403, 'Resource not accessible by integration', {}, accepted)
}

function askerOf(served: Served, { headers }: GitHubEvent): Asked['asker'] {
  const [, token] = /^(?:token|bearer)\s+(\S+)$/i.exec(headers['authorization'] ?? '') ?? []
  return token === undefined ? undefined : served.tokens.get(token)
}

function jsonObject(raw: string): JsonObject {
  const value = parsed(raw)
  if (value === undefined) throw new Refusal(400, 'Problems parsing JSON')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal(400, 'Body should be a JSON object')
  }
  return value as JsonObject
}

/** The JSON of a body; undefined for an empty or malformed one. */
function parsed(raw: string): unknown {
  try {
    return raw === '' ? undefined : (JSON.parse(raw) as unknown)
  } catch {
    return undefined
  }
}

async function tell(served: Served, moment: 'before' | 'after', event: GitHubEvent): Promise<void> {
  for (const listener of served.listeners) await listener(moment, event)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

let requests = 0

function send(
  response: ServerResponse,
  answer: Answer,
  limits: Readonly<Record<string, string>>,
  fault: Fault | undefined,
): void {
  const headers = { ...limits, ...answer.headers, 'x-github-request-id': `LAB0:${++requests}` }
  const type = { 'content-type': 'application/json; charset=utf-8' }
  if (fault?.kind === 'garbage') {
    response
      .writeHead(200, { ...headers, 'content-type': 'text/html' })
      .end('<html><body>Unicorn!</body></html>')
  } else if (fault?.kind === 'empty') {
    response.writeHead(answer.status, { ...headers, ...type }).end()
  } else if (answer.body === undefined) {
    response.writeHead(answer.status, headers).end()
  } else {
    const text = JSON.stringify(answer.body)
    response.writeHead(answer.status, {
      ...headers,
      ...type,
      'content-length': String(Buffer.byteLength(text)),
    })
    if (fault?.kind === 'truncated') response.write(text.slice(0, text.length / 2), () => response.destroy())
    else response.end(text)
  }
}
