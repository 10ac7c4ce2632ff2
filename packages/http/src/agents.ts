import http from 'node:http'
import https from 'node:https'
import { createSecureContext } from 'node:tls'
import { InvalidInput } from '@release-actions/values'
import { parseProxy, type ProxyEnv, proxyFor } from './proxy.ts'
import type { TlsIdentity } from './types.ts'

/** Where a request goes and over which connections. */
export interface Route {
  readonly agent: http.Agent
  readonly target: { readonly host: string; readonly port: string; readonly path: string }
  /** The proxy that a plain http request is handed to whole. */
  readonly through: URL | undefined
}

export interface Agents {
  route(url: URL, tls: TlsIdentity | undefined, proxy: string | undefined): Promise<Route>
  close(): void
}

/** Keep-alive connections, kept apart by who we are, whom we trust and through which proxy we go. */
export function createAgents(env: ProxyEnv, maxSockets: number): Agents {
  const agents = new Map<string, http.Agent>()

  async function make(secure: boolean, tls: TlsIdentity, proxy: URL | undefined): Promise<http.Agent> {
    const common = { keepAlive: true, maxSockets, scheduling: 'lifo' as const }
    const options: https.AgentOptions = secure
      ? {
          ...common,
          ...identityOf(tls),
          ...(tls.servername !== undefined && { servername: tls.servername }),
          ...(tls.insecure === true && { rejectUnauthorized: false }),
        }
      : common
    if (proxy?.protocol.startsWith('socks') === true) {
      const { SocksProxyAgent } = await import('socks-proxy-agent')
      return new SocksProxyAgent(proxy, options)
    }
    if (!secure && proxy?.protocol === 'https:') {
      throw new InvalidInput('proxy', proxy.origin, 'an http:// or socks5:// proxy for plain http URLs')
    }
    if (!secure) return new http.Agent(common)
    if (proxy === undefined) return new https.Agent(options)
    const { TunnelAgent } = await import('./tunnel.ts')
    return new TunnelAgent(proxy, options)
  }

  return {
    async route(url, tls = {}, wanted) {
      const named = wanted === 'none' ? undefined : (wanted ?? proxyFor(url, env))
      const proxy = named === undefined ? undefined : parseProxy(named)
      const secure = url.protocol === 'https:'
      const whole = proxy !== undefined && !secure && proxy.protocol === 'http:'
      const identity = [tls.ca, tls.cert, tls.key, tls.servername, tls.insecure]
      const key = JSON.stringify([secure, proxy?.href, ...(secure ? identity : [])])
      const agent = agents.get(key) ?? (await make(secure, tls, proxy))
      agents.set(key, agent)
      const path = `${url.pathname}${url.search}`
      return whole
        ? { agent, target: { host: bare(proxy), port: proxy.port || '80', path: url.href }, through: proxy }
        : {
            agent,
            target: { host: bare(url), port: url.port || (secure ? '443' : '80'), path },
            through: undefined,
          }
    },
    close() {
      for (const agent of agents.values()) agent.destroy()
      agents.clear()
    },
  }
}

/** Certificates and key, read once for all connections and not for each. undefined: Node's own, and nobody in particular. */
function identityOf({ ca, cert, key }: TlsIdentity): Pick<https.AgentOptions, 'secureContext'> | undefined {
  if (ca === undefined && cert === undefined && key === undefined) return undefined
  const secureContext = createSecureContext({
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  })
  return { secureContext }
}

function bare(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}
