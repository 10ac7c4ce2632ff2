import { InvalidInput } from '@release-actions/values'

/** The variables that name proxies, in either case: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`. */
export type ProxyEnv = Readonly<Record<string, string | undefined>>

/**
 * The proxy for a URL as curl and kubectl choose it; undefined: directly. Loopback always goes directly.
 * `NO_PROXY`: `*`, host names (their subdomains too), `host:port`, addresses, IPv4 ranges (`10.0.0.0/8`).
 */
export function proxyFor(url: URL, env: ProxyEnv): string | undefined {
  const read = (name: string): string | undefined => env[name.toLowerCase()] || env[name] || undefined
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (host === 'localhost' || host === '::1' || /^127\./.test(host)) return undefined
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  const exempt = (read('NO_PROXY') ?? '')
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && covers(entry, host, port))
  if (exempt) return undefined
  return (url.protocol === 'https:' ? read('HTTPS_PROXY') : read('HTTP_PROXY')) ?? read('ALL_PROXY')
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  const range = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(entry)
  if (range !== null) return inRange(host, range[1] ?? '', Number(range[2]))
  const [, name = '', only] =
    /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(entry.includes('::') ? `[${entry}]` : entry) ?? []
  const bare = name.replace(/^\*?\./, '').toLowerCase()
  return (only === undefined || only === port) && bare !== '' && (host === bare || host.endsWith(`.${bare}`))
}

function inRange(host: string, network: string, bits: number): boolean {
  const [a, b] = [ipv4(host), ipv4(network)]
  if (a === undefined || b === undefined) return false
  const size = 2 ** (32 - bits)
  return Math.floor(a / size) === Math.floor(b / size)
}

function ipv4(text: string): number | undefined {
  const parts = text.split('.').map(Number)
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return undefined
  return parts.reduce((sum, part) => sum * 256 + part, 0)
}

/** @throws InvalidInput for what is not a proxy's URL */
export function parseProxy(text: string): URL {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`)
  if (url === null || !/^(https?|socks[45]?h?a?):$/.test(url.protocol)) {
    throw new InvalidInput(
      'proxy',
      text,
      'the URL of a proxy such as http://proxy.example:3128 or socks5://127.0.0.1:1080',
    )
  }
  return url
}

/** The `Proxy-Authorization` that a proxy's URL carries. */
export function proxyAuthorization(proxy: URL): string | undefined {
  if (proxy.username === '') return undefined
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}
