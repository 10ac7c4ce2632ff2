import { InvalidInput } from '@release-actions/values'

/** What new connections ask for. */
export interface Probe {
  /** undefined: the Service's only port, else its first. */
  readonly port: number | string | undefined
  /** With its leading slash. */
  readonly path: string
}

/** `/healthz`, `8080/healthz`, `http/healthz`. @throws InvalidInput */
export function parseProbe(name: string, text: string): Probe {
  const matched = /^([A-Za-z0-9-]{1,63})?(\/[\x21-\x7e]{0,1023})$/.exec(text)
  const [, port, path] = matched ?? []
  if (path === undefined) throw new InvalidInput(name, text, 'a path such as /version, or 8080/version')
  return { port: port === undefined ? undefined : /^\d+$/.test(port) ? Number(port) : port, path }
}
