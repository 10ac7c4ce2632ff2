import { problem, type Origin } from '../problem.ts'
import type { At } from '../rules.ts'
import type { RawGate } from '../shape.ts'
import { Fields, type ReadSource } from './fields.ts'
import { readHttp } from './http.ts'
import { readJson } from './json.ts'
import { readPrometheus } from './prometheus.ts'
import { readRun } from './run.ts'
import { readScrape } from './scrape.ts'

export const SOURCE_KEYS = ['http', 'prometheus', 'scrape', 'kubernetes', 'json', 'run'] as const
export type SourceKey = (typeof SOURCE_KEYS)[number]

export function sourcesOf(raw: RawGate): readonly SourceKey[] {
  return SOURCE_KEYS.filter((source) => raw[source] !== undefined)
}

/** @returns undefined when the gate has no source. @throws InvalidInput naming the key of the source */
export function readSource(raw: RawGate, origin: Origin, at: At): ReadSource | undefined {
  const [only, second] = sourcesOf(raw)
  if (second !== undefined) throw problem(origin, at(second), [only, second], 'one source for each gate')
  if (raw.run !== undefined) return readRun(raw.run, raw, origin, at)
  if (raw.value !== undefined) throw problem(origin, at('value'), raw.value, 'value with run: only')
  if (raw.timeout !== undefined) {
    throw problem(origin, at('timeout'), raw.timeout, 'timeout with run:, or inside http:')
  }
  if (raw.http !== undefined) return readHttp(raw.http, new Fields(origin, at('http')))
  if (raw.prometheus !== undefined)
    return readPrometheus(raw.prometheus, new Fields(origin, at('prometheus')))
  if (raw.scrape !== undefined) return readScrape(raw.scrape, new Fields(origin, at('scrape')))
  if (raw.json !== undefined) return readJson(raw.json, new Fields(origin, at('json')))
  if (raw.kubernetes === undefined) return undefined
  return {
    source: { kind: 'kubernetes', signal: raw.kubernetes },
    unit: raw.kubernetes === 'restarts' ? undefined : 'share',
    defaults: [],
    noBaseline: undefined,
  }
}
