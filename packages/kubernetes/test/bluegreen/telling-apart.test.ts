import { describe, expect, test } from '@jest/globals'
import type { ProxyAnswer } from '@release-actions/ports'
import { marksOf, tell } from '../../src/traffic/telling-apart.ts'

const answer = (more: Partial<ProxyAnswer>): ProxyAnswer => ({
  status: 200,
  headers: {},
  body: '',
  latency: 1,
  ...more,
})
const json = (value: unknown): ProxyAnswer => answer({ body: JSON.stringify(value) })
const text = (body: string): ProxyAnswer => answer({ body })
const headed = (headers: Record<string, string>): ProxyAnswer => answer({ headers })

describe('answers of two colours are told apart', () => {
  test.each<[string, ProxyAnswer[], ProxyAnswer[], ProxyAnswer]>([
    [
      'by a field of a JSON body, whatever pod it was',
      [json({ version: 'v1', pod: 'a' }), json({ version: 'v1', pod: 'b' })],
      [json({ version: 'v2', pod: 'c' }), json({ version: 'v2', pod: 'd' })],
      json({ version: 'v2', pod: 'e' }),
    ],
    [
      'by a header',
      [headed({ 'X-Version': '1' })],
      [headed({ 'x-version': '2' })],
      headed({ 'x-version': '2' }),
    ],
    [
      'by a word of a page',
      [text('<p>shop v1</p> at 10:01'), text('<p>shop v1</p> at 10:02')],
      [text('<p>shop v2</p> at 10:01'), text('<p>shop v2</p> at 10:03')],
      text('<p>shop v2</p> at 10:04'),
    ],
    ['by its status', [answer({})], [answer({ status: 404 })], answer({ status: 404 })],
  ])('%s', (_, blue, green, of) => {
    const marks = marksOf({ blue, green })
    expect(marks && tell(of, marks)).toBe('green')
    expect(marks && tell(blue[0] ?? of, marks)).toBe('blue')
  })

  test('and not where they are alike, but for what differs from one answer to the next', () => {
    const one = headed({ date: 'Mon', 'x-request-id': '1', server: 'x' })
    const other = headed({ date: 'Tue', 'x-request-id': '2', server: 'x' })
    expect(marksOf({ blue: [one, one], green: [other, other] })).toBeUndefined()
  })

  test('and not where one of them has not answered at all', () => {
    expect(marksOf({ blue: [], green: [json({ version: 2 })] })).toBeUndefined()
  })

  test('an answer like neither is nobody’s', () => {
    const marks = marksOf({ blue: [json({ version: 1 })], green: [json({ version: 2 })] })
    expect(marks && tell(answer({ status: 503, body: 'no' }), marks)).toBeUndefined()
  })
})
