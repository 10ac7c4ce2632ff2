import { describe, expect, test } from '@jest/globals'
import { parseKeep } from '../src/parse-keep.ts'
import { parseProbe } from '../src/parse-probe.ts'
import { parseTraffic } from '../src/parse-traffic.ts'
import { checkTimes } from '../src/goal.ts'

describe('keep', () => {
  test.each([
    ['0s', 0],
    ['90m', 5_400_000],
    ['forever', 'forever'],
  ])('%s', (text, keep) => {
    expect(parseKeep('keep', text)).toBe(keep)
  })
  test.each(['for ever', '1', '-1h'])('%s is refused, with what is legal', (text) => {
    expect(() => parseKeep('keep', text)).toThrow(/keep.*0s for none, or forever/s)
  })
})

describe('probe', () => {
  test.each([
    ['/', { port: undefined, path: '/' }],
    ['/version?x=1', { port: undefined, path: '/version?x=1' }],
    ['8080/version', { port: 8080, path: '/version' }],
    ['http/healthz', { port: 'http', path: '/healthz' }],
    ['https://shop.test/version?x=1', { path: '/version?x=1', url: 'https://shop.test/version?x=1' }],
  ])('%s', (text, probe) => {
    expect(parseProbe('probe', text)).toEqual(probe)
  })
  test.each(['version', 'ftp://shop/version', 'http://', '/a b', ''])('%s is refused', (text) => {
    expect(() => parseProbe('probe', text)).toThrow('8080/version')
  })
  test('a URL with a password is refused, and not repeated', () => {
    expect(() => parseProbe('probe', 'https://me:secret@shop.test/')).toThrow(/^(?!.*secret)/s)
    expect(() => parseProbe('probe', 'https://me:secret@shop.test/')).toThrow('without a user name')
  })
})

describe('traffic', () => {
  test('names a Service or an HTTPRoute', () => {
    expect(parseTraffic('traffic', 'service/shop')).toEqual({
      kind: 'service',
      name: 'shop',
      text: 'service/shop',
    })
    expect(parseTraffic('traffic', 'httproute/shop.web')).toMatchObject({
      kind: 'httproute',
      name: 'shop.web',
    })
  })
  test.each([
    ['shop', 'service/NAME or httproute/NAME'],
    ['httprout/shop', 'did you mean httproute?'],
    ['service/', 'the name of a Service'],
    ['httproute/Shop', 'the name of an HTTPRoute'],
    ['replicas', 'service/NAME or httproute/NAME'],
  ])('%s is refused: %s', (text, legal) => {
    expect(() => parseTraffic('traffic', text)).toThrow(legal)
  })
})

test('times that contradict each other are refused', () => {
  const times = { drain: 30_000, settle: 5_000, interval: 10_000 }
  expect(() => checkTimes(times)).not.toThrow()
  expect(() => checkTimes({ ...times, drain: 4_000 })).toThrow('at least the settle time (5000ms)')
  expect(() => checkTimes({ ...times, interval: 10 })).toThrow('at least 100ms')
})
