import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { readSimpleYaml } from '../../src/config/simple-yaml.ts'

const EKS = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSQ==
    server: https://ABC.gr7.eu-west-1.eks.amazonaws.com:443
  name: arn:aws:eks:eu-west-1:1234:cluster/shop
contexts:
- context:
    cluster: arn:aws:eks:eu-west-1:1234:cluster/shop
    namespace: shop
    user: admin
  name: it
current-context: it
kind: Config
preferences: {}
users:
- name: admin
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - --region
      - eu-west-1
      - eks
      command: aws
      env:
        - name: AWS_PROFILE
          value: "default"
      interactiveMode: IfAvailable
      provideClusterInfo: false
`

test('reads what tools write, as the YAML package does', () => {
  expect(readSimpleYaml(EKS)).toEqual(parse(EKS))
  expect(readSimpleYaml(EKS)).toBeDefined()
})

describe('leaves to the YAML package', () => {
  test.each([
    ['a text of several lines', 'a: |\n  x\n  y\n'],
    ['a text that goes on', 'a: x\n  y\n'],
    ['flow', 'a: {b: c}\n'],
    ['an anchor', 'a: &x y\n'],
    ['a tag', 'a: !!str 1\n'],
    ['a number', 'a: 12\n'],
    ['a hexadecimal number', 'a: 0x1f\n'],
    ['a comment behind a value', 'a: b # c\n'],
    ['an escape', 'a: "b\\n"\n'],
    ['a doubled quote', "a: 'it''s'\n"],
    ['a key twice', 'a: b\na: c\n'],
    ['a tab', 'a:\n\tb: c\n'],
    ['two documents', 'a: b\n---\nc: d\n'],
    ['a text alone', 'abc'],
    ['a mapping in a value', 'a: b: c\n'],
    ['a list in a list', '- - a\n'],
    ['letters beyond ASCII', 'a: é\n'],
  ])('%s', (_, text) => {
    expect(readSimpleYaml(text)).toBeUndefined()
  })
})

test('whatever it reads, the YAML package reads the same', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'a',
      'null',
      'true',
      '~',
      '1.0',
      '-',
      '--x',
      '- y',
      'a: b',
      'x #y',
      '',
      ' s ',
      '{}',
      'no',
      '1e3',
      '.5',
      '=',
      '<<',
      ':',
      'a:b',
      '"',
      "'",
    ),
    fc.string({ maxLength: 8 }),
  )
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      word,
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      tie('list'),
      tie('mapping'),
    ),
    list: fc.array(tie('node'), { maxLength: 3 }),
    mapping: fc.dictionary(fc.oneof(fc.constantFrom('name', 'user', 'a.b/c-d'), word), tie('node'), {
      maxKeys: 3,
    }),
  })).mapping
  fc.assert(
    fc.property(value, fc.constantFrom(0, 80), fc.boolean(), (wanted, lineWidth, indentSeq) => {
      const text = stringify(wanted, { lineWidth, indentSeq })
      const read = readSimpleYaml(text)
      if (read !== undefined) expect(read).toEqual(parse(text))
    }),
    { numRuns: 2000 },
  )
  const lines = fc.array(
    fc.constantFrom(
      'a: b',
      'c:',
      '  a: b',
      '  - x',
      '- x',
      '- a: b',
      '  c: d',
      '    - --y',
      '    e: f',
      '-',
      '# z',
      'b: [',
      "d: 'q'",
      '  d: "q"',
      '    ',
      '  b:',
      '- - x',
      'e: --- x',
      'f: - x',
      'g: a: b',
      'h: 0o7',
      'i: a,b',
      'j: ?x',
      'k: x:',
    ),
    { maxLength: 8 },
  )
  fc.assert(
    fc.property(lines, (some) => {
      const text = some.join('\n')
      const read = readSimpleYaml(text)
      if (read !== undefined) expect(read).toEqual(parse(text, { logLevel: 'silent' }))
    }),
    { numRuns: 4000 },
  )
})
