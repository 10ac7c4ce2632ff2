import http from 'node:http'
import https from 'node:https'
import type net from 'node:net'
import tls from 'node:tls'
import type { Duplex } from 'node:stream'
import { proxyAuthorization } from './proxy.ts'

/** An https agent whose connections go through an HTTP proxy by CONNECT (RFC 9110, 9.3.6). */
export class TunnelAgent extends https.Agent {
  readonly #proxy: URL

  constructor(proxy: URL, options: https.AgentOptions) {
    super(options)
    this.#proxy = proxy
  }

  override createConnection(
    options: https.RequestOptions & { servername?: string },
    done: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const fail = (error: Error): void => {
      // Node's signature asks for a socket also beside an error; nobody looks at it then.
      done(error, undefined as unknown as Duplex)
    }
    const target = `${bracketed(options.host ?? '')}:${options.port ?? 443}`
    const authorization = proxyAuthorization(this.#proxy)
    const connect = (this.#proxy.protocol === 'https:' ? https : http).request({
      method: 'CONNECT',
      host: this.#proxy.hostname.replace(/^\[|\]$/g, ''),
      port: this.#proxy.port || (this.#proxy.protocol === 'https:' ? 443 : 80),
      path: target,
      agent: false,
      headers: { host: target, ...(authorization !== undefined && { 'proxy-authorization': authorization }) },
    })
    connect.once('error', fail)
    connect.once('connect', (answer, socket: net.Socket) => {
      if (answer.statusCode !== 200) {
        socket.destroy()
        fail(new Error(`the proxy ${this.#proxy.host} answered ${answer.statusCode} to CONNECT ${target}`))
        return
      }
      const { path: _path, ...rest } = options
      const secure = tls.connect({ ...(rest as tls.ConnectionOptions), socket })
      secure.once('error', fail)
      secure.once('secureConnect', () => {
        secure.off('error', fail)
        done(null, secure)
      })
    })
    connect.end()
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
