import type { InvalidInput } from '@release-actions/values'
import type { Limit, Port, Source, Unit } from '../../gate.ts'
import { differsByTrack, templatesOf, type TemplateName, type Templates } from '../../templates.ts'
import { problem, type Origin, type Path } from '../problem.ts'

/** A source, and what follows from it for the rules. */
export interface ReadSource {
  readonly source: Source
  /** What its value counts, when the source says so itself. */
  readonly unit: Unit | undefined
  /** The limits that hold when the user writes none. */
  readonly defaults: readonly Limit[]
  /** Why it has no value of its own for the baseline; undefined: it has. */
  readonly noBaseline: string | undefined
}

export const NO_TRACK = 'this source has one value, not one for each track'
export const PORT = "a port number, or a container port's name"

const URL_TEMPLATES: readonly TemplateName[] = [
  'namespace',
  'service',
  'workload',
  'version',
  'track',
  'kube-service',
]

/** Reads the kinds of values that several sources have, and names the key when one is wrong. */
export class Fields {
  readonly origin: Origin
  readonly path: Path

  /** @param path of the source's map */
  constructor(origin: Origin, path: Path) {
    this.origin = origin
    this.path = path
  }

  /** @param key '' for the map itself */
  wrong(key: string, value: unknown, legal: string): InvalidInput {
    return problem(this.origin, this.at(key), value, legal)
  }

  at(key: string): Path {
    return key === '' ? this.path : [...this.path, key]
  }

  /** With templates; `perTrack`: it is another one for the baseline. */
  url(url: string): { readonly perTrack: boolean } {
    const names = this.templates('url', templatesOf(url, URL_TEMPLATES))
    this.plainUrl(url.replace(/\{\{.*?\}\}/g, 'x'), 'an http:// or https:// URL')
    return { perTrack: differsByTrack(names) }
  }

  plainUrl(url: string, legal: string): void {
    const parsed = URL.parse(url)
    if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) throw this.wrong('url', url, legal)
    if (parsed.username === '' && parsed.password === '') return
    // What was typed may be a password: it is not repeated.
    const shown = `${parsed.protocol}//…@${parsed.host}`
    throw this.wrong('url', shown, 'a URL without user and password (a Prometheus takes token-from-env)')
  }

  urlPath(path: string): string {
    this.templates('path', templatesOf(path, URL_TEMPLATES))
    if (path.startsWith('/')) return path
    throw this.wrong('path', path, `a path that begins with /, such as /${path}`)
  }

  port(port: Port | undefined): Port {
    const read = port === undefined ? undefined : readPort(port)
    if (read === undefined) throw this.wrong('port', port, PORT)
    return read
  }

  templates(key: string, found: Templates): readonly TemplateName[] {
    if (!found.ok) throw this.wrong(key, found.value, found.legal)
    return found.names
  }
}

/** A number from 1 to 65535, or a port's name (at most 15 letters, digits and dashes). */
export function readPort(port: Port): Port | undefined {
  const number = typeof port === 'number' || /^\d+$/.test(port) ? Number(port) : undefined
  if (number !== undefined) {
    return Number.isInteger(number) && number > 0 && number < 65_536 ? number : undefined
  }
  return typeof port === 'string' && /^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/.test(port) ? port : undefined
}

/** As RE2 in Prometheus and as JavaScript here: the common part of both, near enough to refuse typing errors. */
export function compiles(pattern: string): boolean {
  try {
    new RegExp(`^(?:${pattern})$`)
    return true
  } catch {
    return false
  }
}
