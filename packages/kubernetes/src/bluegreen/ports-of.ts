import type { Client } from '../client.ts'

/**
 * One port of a Service, as the proxies of the Service and of its pods take it.
 * @param wanted its number or its name, else its first
 * @returns undefined where there is none
 */
export async function portsOf(
  client: Client,
  service: string,
  wanted: number | string | undefined,
): Promise<{ readonly service: number | string; readonly pod: number | string } | undefined> {
  const { ports = [] } = (await client.get('Service', service)).spec ?? {}
  const port =
    wanted === undefined
      ? ports[0]
      : ports.find((each) => each.name === String(wanted) || String(each.port) === String(wanted))
  if (port === undefined) return undefined
  return { service: port.port, pod: port.targetPort ?? port.port }
}
