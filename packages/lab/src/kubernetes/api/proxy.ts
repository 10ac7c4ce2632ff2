import { request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Address } from './workloads.ts'
import type { ApiRequest } from './request.ts'
import { StatusError } from './status-error.ts'

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'host',
  'authorization',
  'content-length',
])

/**
 * Passes a request on to a pod, and its answer back as it is.
 * @throws StatusError 503 when it cannot be reached
 */
export function passOn(
  to: Address,
  request: ApiRequest,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<number> {
  const rest = request.target?.rest ?? ''
  const search = request.query.size === 0 ? '' : `?${request.query.toString()}`
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).filter(([name]) => !HOP_BY_HOP.has(name)),
  )
  return new Promise((resolve, reject) => {
    const out = send(
      {
        host: to.host,
        port: to.port,
        method: request.method,
        path: `/${rest}${search}`,
        headers: {
          ...headers,
          ...(request.body.length === 0 ? {} : { 'content-length': request.body.length }),
        },
        agent: false,
      },
      (answer) => {
        const passed = Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.has(name))
        response.writeHead(answer.statusCode ?? 502, Object.fromEntries(passed))
        answer.pipe(response)
        answer.once('end', () => {
          resolve(answer.statusCode ?? 502)
        })
        answer.once('error', reject)
      },
    )
    out.once('error', (error) => {
      const message = `error trying to reach service: ${error.message}`
      reject(new StatusError(503, 'ServiceUnavailable', message))
    })
    response.once('close', () => out.destroy())
    out.end(request.body)
  })
}

export function noEndpoints(service: string): StatusError {
  return new StatusError(503, 'ServiceUnavailable', `no endpoints available for service "${service}"`)
}

/** `name`, `name:port` or `scheme:name:port`. */
export function splitProxyName(text: string): { name: string; port: string | undefined } {
  const parts = text.split(':')
  const [name = '', port] = parts.length === 3 ? parts.slice(1) : parts
  return { name, port: port === '' ? undefined : port }
}
