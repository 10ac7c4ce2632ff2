import { InvalidInput } from '@release-actions/values'

/** What new connections ask for: of the Service, or, with a URL, as users do. */
export interface Probe {
  /** undefined: the Service's only port, else its first. */
  readonly port: number | string | undefined
  /** With its leading slash. */
  readonly path: string
  /** In the place of both. */
  readonly url?: string
}

/** `/healthz`, `8080/healthz`, `http/healthz`, `https://shop.example.com/healthz`. @throws InvalidInput */
export function parseProbe(name: string, text: string): Probe {
  if (/^https?:\/\//.test(text)) return ofUrl(name, text)
  const matched = /^([A-Za-z0-9-]{1,63})?(\/[\x21-\x7e]{0,1023})$/.exec(text)
  const [, port, path] = matched ?? []
  if (path === undefined) throw new InvalidInput(name, text, LEGAL)
  return { port: port === undefined ? undefined : /^\d+$/.test(port) ? Number(port) : port, path }
}

const LEGAL =
  'a path such as /version, or 8080/version, or the URL that users ask (https://shop.example.com/version)'

function ofUrl(name: string, text: string): Probe {
  if (!URL.canParse(text)) throw new InvalidInput(name, text, LEGAL)
  const { username, password, pathname, search, href } = new URL(text)
  if (username !== '' || password !== '')
    throw new InvalidInput(name, '(a URL with a password)', 'a URL without a user name and a password')
  return { port: undefined, path: `${pathname}${search}`, url: href }
}
