import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ReleaseError } from '@release-actions/values'
import { resolveInputs, selectServices } from '../src/index.ts'
import { configOf, SIX } from './world.ts'

const LINES = SIX.split('\n')
const KNOWN = new Set(['plan', 'soak', 'gates', 'traffic', 'canary-labels', 'image'])

/** The file of six services, with one thing in it changed as a hand may change it. */
const changed = fc
  .tuple(
    fc.nat(LINES.length - 2),
    fc.constantFrom(
      '',
      'null',
      '~',
      '5',
      '-1',
      '[]',
      '{}',
      '[1, [2]]',
      '"x"',
      'true',
      '*none',
      '&a',
      '{{ pods }}',
      '__proto__',
      'constructor',
    ),
    fc.constantFrom('value', 'key', 'line', 'deeper', 'cut'),
  )
  .map(([at, word, how]) => {
    const line = LINES[at] ?? ''
    const [, space = '', key = '', rest = ''] = /^(\s*)([^:]*)(.*)$/.exec(line) ?? []
    switch (how) {
      case 'value':
        return LINES.with(at, `${space}${key}: ${word}`)
      case 'key':
        return LINES.with(at, `${space}${word}${rest}`)
      case 'line':
        return LINES.toSpliced(at, 1, ...(word === '' ? [] : [space + word]))
      case 'deeper':
        return LINES.with(at, `  ${line}`)
      case 'cut':
        return LINES.slice(0, at + 1)
    }
  })
  .map((lines) => lines.join('\n'))

test('a file is either free of mistakes and configures every step, or refused in words', async () => {
  const outcomes = { read: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(changed, async (text) => {
      let config
      try {
        config = await configOf(text)
      } catch (error) {
        expect(error).toBeInstanceOf(ReleaseError)
        const { code, message, why } = error as ReleaseError
        expect(code).toBe('invalid-input')
        expect([message, ...why].join('\n')).not.toMatch(/undefined|\[object|NaN|Invalid input/)
        outcomes.refused++
        return
      }
      outcomes.read++
      const environments = [undefined, ...Object.keys(config.data.environments ?? {})]
      for (const service of Object.keys(config.data.services)) {
        for (const environment of environments) {
          const asked = { service, environment, given: new Map<string, string>(), known: KNOWN }
          const action =
            config.data.services[service]?.strategy === 'bluegreen' ? 'bluegreen-switch' : 'canary-step'
          for (const { text: input, origin } of resolveInputs(config, { ...asked, action }).values()) {
            expect(input).not.toMatch(/undefined|\[object|null/)
            expect(origin).toMatch(/\(.github\/release-actions\.yml:\d+:\d+\)$/)
          }
        }
      }
      const waves = selectServices(config, {}).waves.flat()
      expect(waves).toHaveLength(Object.keys(config.data.services).length)
    }),
    { numRuns: 200 },
  )
  expect(outcomes.read).toBeGreaterThan(10)
  expect(outcomes.refused).toBeGreaterThan(50)
})
