import type { JsonSource } from '../../gate.ts'
import type { RawGate } from '../shape.ts'
import { type Fields, NO_TRACK, type ReadSource } from './fields.ts'

type Raw = NonNullable<RawGate['json']>

export function readJson(raw: Raw, fields: Fields): ReadSource {
  const { pointer } = raw
  if (pointer.includes('{{'))
    throw fields.wrong('pointer', pointer, 'the pointer as it is: it takes no templates')
  if (pointer !== '' && !/^\/([^~]|~[01])*$/.test(pointer)) {
    throw fields.wrong('pointer', pointer, 'a JSON pointer (RFC 6901) such as /total/lines/pct')
  }
  return {
    source: { kind: 'json', at: readPlace(raw, fields), pointer },
    unit: undefined,
    defaults: [],
    noBaseline: NO_TRACK,
  }
}

function readPlace(raw: Raw, fields: Fields): JsonSource['at'] {
  const { path, url } = raw
  if (path !== undefined && url === undefined) {
    if (/\{\{.*?\}\}/.test(path))
      throw fields.wrong('path', path, 'the path as it is: a file takes no templates')
    return { kind: 'file', path }
  }
  if (url === undefined || path !== undefined) throw fields.wrong('', raw, 'either path (a file) or url')
  fields.url(url)
  return { kind: 'url', url }
}
