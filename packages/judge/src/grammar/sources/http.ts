import type { HttpSource, StatusRange, TextMatch } from '../../gate.ts'
import { readDuration } from '../problem.ts'
import type { RawGate } from '../shape.ts'
import { compiles, type Fields, NO_TRACK, type ReadSource } from './fields.ts'

type Raw = NonNullable<RawGate['http']>

export function readHttp(raw: Raw, fields: Fields): ReadSource {
  const { target, perTrack } = readTarget(raw, fields)
  const signal = raw.signal ?? 'up'
  return {
    source: {
      kind: 'http',
      target,
      signal,
      status: readStatus(raw.status, fields),
      body: raw.body === undefined ? undefined : readBody(raw.body, fields),
      timeout:
        raw.timeout === undefined
          ? undefined
          : readDuration(fields.origin, fields.at('timeout'), raw.timeout),
    },
    unit: signal === 'latency' ? 's' : undefined,
    // Without rules every request must succeed.
    defaults: signal === 'latency' ? [] : [{ kind: 'min', value: 1 }],
    noBaseline: perTrack ? undefined : NO_TRACK,
  }
}

function readTarget(raw: Raw, fields: Fields): { target: HttpSource['target']; perTrack: boolean } {
  const { url, path } = raw
  if (url !== undefined && path === undefined) {
    if (raw.port !== undefined) throw fields.wrong('port', raw.port, 'the port inside the url')
    return { target: { kind: 'url', url, ca: raw.ca }, ...fields.url(url) }
  }
  if (path !== undefined && url === undefined) {
    if (raw.ca !== undefined) throw fields.wrong('ca', raw.ca, 'ca with a url only')
    return {
      target: { kind: 'pods', path: fields.urlPath(path), port: fields.port(raw.port) },
      perTrack: true,
    }
  }
  throw fields.wrong('', raw, 'either url, or path and port')
}

/** `200`, `2xx`, `200-299`, or several of them. */
function readStatus(raw: Raw['status'], fields: Fields): readonly StatusRange[] {
  if (raw === undefined) return [{ from: 200, to: 299 }]
  const legal = 'a status such as 200, 2xx or 200-299, or a list of them'
  const entries = (Array.isArray(raw) ? raw : String(raw).split(',')).map((entry) => String(entry).trim())
  if (entries.length === 0) throw fields.wrong('status', raw, legal)
  return entries.map((entry) => {
    const [, hundred, from, to] = /^(?:([1-5])xx|(\d{3})(?:\s*-\s*(\d{3}))?)$/i.exec(entry) ?? []
    const range: StatusRange =
      hundred === undefined
        ? { from: Number(from), to: Number(to ?? from) }
        : { from: Number(hundred) * 100, to: Number(hundred) * 100 + 99 }
    if (range.from >= 100 && range.to <= 599 && range.from <= range.to) return range
    throw fields.wrong('status', raw, legal)
  })
}

/** A text that is contained, or `/a regular expression/i`. */
function readBody(raw: string, fields: Fields): TextMatch {
  const [, pattern, flags] = /^\/(.+)\/([a-z]*)$/s.exec(raw) ?? []
  if (pattern === undefined) return { kind: 'substring', text: raw }
  if (/[^ims]/.test(flags ?? '') || !compiles(pattern)) {
    throw fields.wrong('body', raw, 'a text, or a regular expression such as /ok|ready/i')
  }
  return { kind: 'regex', pattern: new RegExp(pattern, flags) }
}
