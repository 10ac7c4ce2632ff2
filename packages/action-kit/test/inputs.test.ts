import { describe, expect, test } from '@jest/globals'
import { InvalidInput } from '@release-actions/values'
import { defineInputs, input, readInputs, SHARED_INPUTS, type InputSpecs } from '../src/index.ts'

const read = <S extends InputSpecs>(specs: S, env: Record<string, string> = {}) => readInputs(specs, env)

describe('inputs', () => {
  test('become one typed object, with names as TypeScript has them', () => {
    const { inputs, warnings } = read(SHARED_INPUTS, {
      'INPUT_KUBE-CONTEXT': ' prod ',
      INPUT_TIMEOUT: '90s',
      'INPUT_DRY-RUN': 'true',
    })
    expect(inputs.kubeContext).toBe('prod')
    expect(inputs.timeout).toBe(90_000)
    expect(inputs.dryRun).toBe(true)
    expect(inputs.record).toBe(true)
    expect(inputs.environment).toBeUndefined()
    expect(warnings).toEqual([])
  })

  test('that are empty are not given: the default holds, and an expression is no default of ours', () => {
    const { inputs } = read(SHARED_INPUTS, { INPUT_TIMEOUT: '', INPUT_TOKEN: '  ' })
    expect(inputs.timeout).toBe(600_000)
    expect(inputs.token).toBeUndefined()
  })

  test('of several lines lose the indentation that all of them have, and no more', () => {
    const specs = defineInputs({ gates: input.multiLine({ description: 'gates' }) })
    const gates = (text: string) => read(specs, { INPUT_GATES: text }).inputs.gates
    expect(gates('\n  - name: a\n    http: x\n\n  - name: b\n')).toBe('- name: a\n  http: x\n\n- name: b')
    expect(gates('- name: a\n  http: x')).toBe('- name: a\n  http: x')
    expect(gates('    - a\n  - b')).toBe('  - a\n- b')
    expect(gates('  one line\n')).toBe('one line')
    expect(gates(' \n\n')).toBeUndefined()
  })

  test('that nobody declared are warned about, with the nearest name', () => {
    const { warnings } = read(SHARED_INPUTS, { INPUT_NAMESPACES: 'shop', INPUT_XYZZY: '1', INPUT_EMPTY: '' })
    expect(warnings).toEqual([
      'input namespaces is not known and has no effect; did you mean namespace?',
      'input xyzzy is not known and has no effect',
    ])
  })

  test('that are required and missing say so', () => {
    const specs = defineInputs({ workload: input.text({ description: 'the Deployment', required: true }) })
    expect(() => read(specs)).toThrow(
      'workload: nothing is not valid; use a value: it is required (the Deployment)',
    )
  })
})

describe('each kind refuses what it is not', () => {
  const o = { description: 'x' }
  const wrong: readonly (readonly [string, InputSpecs, string, string])[] = [
    ['boolean', { it: input.boolean(o) }, 'True', 'true or false'],
    ['boolean', { it: input.boolean(o) }, '1', 'true or false'],
    ['duration', { it: input.duration(o) }, '10', 'a duration such as 90s'],
    ['percent', { it: input.percent(o) }, 'abc', 'a weight from 0 to 100'],
    ['percent', { it: input.percent(o) }, '101', 'a weight from 0 to 100'],
    [
      'enum',
      { it: input.enum(['retreat', 'hold'], o) },
      'retreet',
      'retreat or hold; did you mean "retreat"?',
    ],
    ['integer', { it: input.integer({ ...o, min: 1, max: 5 }) }, '2.5', 'a whole number from 1 to 5'],
    ['integer', { it: input.integer({ ...o, min: 1, max: 5 }) }, '6', 'a whole number from 1 to 5'],
    ['path', { it: input.path(o) }, 'a\nb', 'one path'],
    ['json', { it: input.json(o, (_, value) => value) }, '{a', 'JSON ('],
  ]
  test.each(wrong)('%s: %p %s', (_kind, specs, text, legal) => {
    expect(() => read(specs, { INPUT_IT: text })).toThrow(InvalidInput)
    expect(() => read(specs, { INPUT_IT: text })).toThrow(legal)
  })
})

test('each kind reads what it is', () => {
  const o = { description: 'x' }
  const specs = defineInputs({
    list: input.list(o),
    each: input.listOf(o, (_, text) => text.length),
    many: input.multiLine(o),
    pick: input.enum(['auto', 'true'], { ...o, default: 'auto' }),
    data: input.json(o, (_, value) => value),
    count: input.integer({ ...o, min: 0, max: 9, default: '3' }),
  })
  const env = {
    INPUT_LIST: 'a, b\n- c',
    INPUT_EACH: '[aa, b]',
    INPUT_MANY: '- a\n- b\n',
    INPUT_DATA: '{"a":[1]}',
  }
  expect(read(specs, env).inputs).toEqual({
    list: ['a', 'b', 'c'],
    each: [2, 1],
    many: '- a\n- b',
    pick: 'auto',
    data: { a: [1] },
    count: 3,
  })
})
