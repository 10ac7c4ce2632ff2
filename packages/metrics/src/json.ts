import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { codeOf } from '@release-actions/http'
import {
  noData,
  reading,
  renderUrl,
  sourceError,
  type JsonSource,
  type Reading,
} from '@release-actions/judge'
import { messageOf } from '@release-actions/values'
import { excerpt, failed } from './failure.ts'
import type { GateSource, MetricsWorld } from './source.ts'
import { valuesFor } from './values.ts'

/** A number in a JSON document, by pointer. The document is read at each look. */
export function jsonSource({ at, pointer }: JsonSource, world: MetricsWorld): GateSource {
  return {
    async sample(track, look) {
      if (at.kind === 'file') {
        try {
          return readPointer(await readFile(resolve(world.workspace, at.path), 'utf8'), pointer, at.path)
        } catch (error) {
          const missing = codeOf(error) === 'ENOENT'
          return missing
            ? noData('missing', `there is no file ${at.path}`)
            : sourceError('source-error', messageOf(error))
        }
      }
      const url = renderUrl(at.url, valuesFor(world, track, look))
      try {
        const { status, body } = await world.http.request({
          method: 'GET',
          url,
          timeout: look.timeout,
          signal: look.signal,
          retry: 'never',
        })
        if (status === 401 || status === 403) return sourceError('unauthorised', `${url} answered ${status}`)
        if (status !== 200) return sourceError('source-error', `${url} answered ${status}: ${excerpt(body)}`)
        return readPointer(body, pointer, url)
      } catch (error) {
        return failed(error, url)
      }
    },
  }
}

/** RFC 6901. A number, or the text of one; anything else is named. */
export function readPointer(text: string, pointer: string, where: string): Reading {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return sourceError('unexpected-answer', `${where} is not JSON: ${messageOf(error)}`)
  }
  let path = ''
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
    path += `/${token}`
    if (Array.isArray(value)) value = /^(0|[1-9]\d*)$/.test(key) ? value[Number(key)] : undefined
    else if (typeof value === 'object' && value !== null && Object.hasOwn(value, key))
      value = Reflect.get(value, key)
    else value = undefined
    if (value === undefined) return noData('missing', `${where} has nothing at ${path}`)
  }
  if (typeof value === 'number') return reading(value)
  if (typeof value === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value))
    return reading(Number(value))
  if (typeof value === 'string' && /^nan$/i.test(value)) return reading(NaN)
  if (value === null) return noData('missing', `${where} has null at ${pointer}`)
  return sourceError(
    'not-a-number',
    `${where} has ${excerpt(JSON.stringify(value) ?? '')} at ${pointer}, which is not a number`,
  )
}
