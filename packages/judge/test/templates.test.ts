import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { podsPattern, renderPromql, renderUrl, type TemplateValues } from '../src/index.ts'

const values: TemplateValues = {
  namespace: 'shop',
  service: 'shop',
  workload: 'shop-canary',
  version: '1.4.0',
  track: 'canary',
  pods: 'shop-canary-6d4f9-[a-z0-9]{5}',
  'kube-service': 'shop-canary',
  window: '90s',
}

describe('templates in PromQL', () => {
  test('are filled where they stand', () => {
    expect(renderPromql('rate(x{pod=~"{{ pods }}",v="{{version}}"}[{{ window }}])', values)).toBe(
      'rate(x{pod=~"shop-canary-6d4f9-[a-z0-9]{5}",v="1.4.0"}[90s])',
    )
  })

  test('a value cannot end the string that it stands in', () => {
    const bad = { ...values, version: `1"} or up{x='\\` }
    expect(renderPromql(`x{v="{{ version }}"}`, bad)).toBe(`x{v="1\\"} or up{x='\\\\"}`)
    expect(renderPromql(`x{v='{{ version }}'}`, bad)).toBe(`x{v='1"} or up{x=\\'\\\\'}`)
    expect(() => renderPromql('x{v=`{{ version }}`}', { ...values, version: 'a`b' })).toThrow('backtick')
  })

  test('after =~ a value is matched literally', () => {
    expect(renderPromql('x{v=~"v{{ version }}|y"}', values)).toBe('x{v=~"v1[.]4[.]0|y"}')
  })

  test('a comment with a quote in it does not turn strings inside out', () => {
    expect(renderPromql(`x # don't\n + y{v="{{ version }}"}`, { ...values, version: '"' })).toBe(
      `x # don't\n + y{v="\\""}`,
    )
  })

  test('whatever a version holds, the query outside of its string is as it was written', () => {
    fc.assert(
      fc.property(fc.string(), (version) => {
        const rendered = renderPromql('a{v="{{ version }}"} + b', { ...values, version })
        const string = /^a\{v="((?:[^"\\\n]|\\.)*)"\} \+ b$/s.exec(rendered)
        return string !== null && unescape(string[1] ?? '') === version
      }),
    )
    function unescape(text: string): string {
      return text.replace(/\\(.)/gs, (_, char: string) => ({ n: '\n', r: '\r' })[char] ?? char)
    }
  })
})

test('templates in URLs are percent-encoded', () => {
  expect(renderUrl('https://x/{{ namespace }}?v={{ version }}', { ...values, version: 'a/b&c' })).toBe(
    'https://x/shop?v=a%2Fb%26c',
  )
})

test('the pods of a ReplicaSet are matched by its name, those of the stable are not', () => {
  const pattern = podsPattern(['shop-canary-6d4f9-abcde', 'shop-canary-6d4f9-fghij', 'solo'])
  expect(pattern).toBe('(shop-canary-6d4f9-[a-z0-9]{5}|solo)')
  const matches = new RegExp(`^(?:${pattern})$`)
  expect(
    ['shop-canary-6d4f9-zzzzz', 'shop-6d4f9-abcde', 'solo', 'solo2'].map((name) => matches.test(name)),
  ).toEqual([true, false, true, false])
  expect(podsPattern(['my.app-6d4f9-abcde'])).toBe('my[.]app-6d4f9-[a-z0-9]{5}')
})

test('pods whose ReplicaSet has a long name, which is cut in theirs, are matched one by one', () => {
  // `<name>-6d4f9…` and `<name>-canary-6d4f9…` are both cut to `<name>-`, and five letters or digits follow.
  const name = 'a'.repeat(57)
  const matches = new RegExp(`^(?:${podsPattern([`${name}-abcde`, `${name}-fghij`])})$`)
  expect([`${name}-abcde`, `${name}-fghij`, `${name}-stabl`].map((pod) => matches.test(pod))).toEqual([
    true,
    true,
    false,
  ])
})
