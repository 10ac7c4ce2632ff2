import {
  noData,
  podsPattern,
  reading,
  renderPromql,
  sourceError,
  templatesOf,
  type Note,
  type PrometheusSource,
  type Reading,
} from '@release-actions/judge'
import { failed } from '../failure.ts'
import type { RoundMemo } from '../round.ts'
import type { GateSource, MetricsWorld } from '../source.ts'
import { valuesFor } from '../values.ts'
import { isRecord, type Ask } from './api.ts'

/** The instant value of the query, rendered for a track. */
export function querySource(
  source: PrometheusSource,
  ask: Ask,
  world: MetricsWorld,
  memo: RoundMemo,
): GateSource {
  const found = templatesOf(source.query)
  const names = found.ok ? found.names : []
  return {
    async sample(track, look) {
      // A range of no length gives nothing: the first look only begins the window.
      if (names.includes('window') && look.elapsed < 1000)
        return noData('too-early', 'the window has only begun')
      let pattern = ''
      if (names.includes('pods')) {
        if (world.pods === undefined)
          return sourceError('source-error', 'there is no cluster in which to look for {{ pods }}')
        try {
          const pods = await memo.pods(world.pods, track, look.round)
          if (pods.length === 0) return noData('no-pods', `there is no pod of ${world.names(track).workload}`)
          pattern = podsPattern(pods.map(({ name }) => name))
        } catch (error) {
          return failed(error, 'the pods')
        }
      }
      const query = renderPromql(source.query, valuesFor(world, track, look, pattern))
      const answer = await ask(`/api/v1/query?${new URLSearchParams({ query }).toString()}`, look)
      return answer.kind === 'error' ? answer : readResult(answer.data, answer.notes)
    },
  }
}

/** One number from an instant query's `data`: a scalar, or a vector of exactly one series. */
function readResult(data: unknown, notes: readonly Note[]): Reading {
  const type = isRecord(data) ? data['resultType'] : undefined
  const result = isRecord(data) ? data['result'] : undefined
  switch (type) {
    case 'scalar':
      return readNumber(result, notes)
    case 'vector': {
      if (!Array.isArray(result)) break
      const [series, second]: readonly unknown[] = result
      if (series === undefined) return noData('empty', 'the query gives no series', notes)
      if (second !== undefined) {
        const shown = result.slice(0, 3).map(labels).join(', ')
        return sourceError(
          'several-series',
          `the query gives ${result.length} series where one is expected (${shown}${result.length > 3 ? ', …' : ''}): aggregate them, for example with sum(…)`,
          notes,
        )
      }
      if (!isRecord(series)) break
      if (series['histogram'] !== undefined) {
        return sourceError(
          'not-a-number',
          'the query gives a histogram: take histogram_quantile(…) or histogram_avg(…) of it',
          notes,
        )
      }
      return readNumber(series['value'], notes)
    }
    case 'matrix':
      return sourceError(
        'not-a-number',
        'the query gives a range of values ([…]): wrap it in a function such as rate(…)',
        notes,
      )
    case 'string':
      return sourceError('not-a-number', 'the query gives a string, not a number', notes)
    default:
      break
  }
  return sourceError('source-error', 'the answer is not that of an instant query', notes)
}

/** `[time, "value"]`: values come as text, so that NaN and the infinities can be told. */
function readNumber(pair: unknown, notes: readonly Note[]): Reading {
  const [, text]: readonly unknown[] = Array.isArray(pair) ? pair : []
  if (typeof text !== 'string') return sourceError('source-error', 'the answer holds no value', notes)
  // Number('') is 0, which would keep most limits.
  const plain = text.trim() === '' ? NaN : Number(text)
  const value = text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : plain
  if (Number.isNaN(value) && text !== 'NaN')
    return sourceError('not-a-number', `${JSON.stringify(text)} is not a number`, notes)
  return reading(value, notes)
}

function labels(series: unknown): string {
  const metric = isRecord(series) ? series['metric'] : undefined
  if (!isRecord(metric)) return '{}'
  return `{${Object.entries(metric)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}}`
}
