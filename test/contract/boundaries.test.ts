import { describe, expect, test } from '@jest/globals'
import { Linter } from 'eslint'
import tseslint from 'typescript-eslint'
import { boundaries } from '../../scripts/lint/boundaries.ts'
import { inRepo } from '../../scripts/lib/repo.ts'

const PURE = ['values', 'release', 'judge', 'ports']

describe.each(PURE)('the pure package %s', (part) => {
  test.each([
    ["import { readFileSync } from 'node:fs'", 'no node:fs'],
    ["import { readFileSync } from 'fs'", 'no fs'],
    ["const fs = await import('node:fs')", 'no node:fs'],
    ["export * from 'node:fs'", 'no node:fs'],
    ["import { get } from '@release-actions/http'", 'not @release-actions/http'],
    ["import { get } from '../../http/src/index.ts'", 'by its name'],
    ['const now = Date.now()', 'no Date'],
    ['const now = new Date()', 'no Date'],
    ['const n = Math.random()', 'no Math'],
    ['const home = process.env.HOME', 'no process'],
    ['setTimeout(() => {}, 1)', 'no setTimeout'],
    ['await fetch("https://example.com")', 'no fetch'],
  ])('may not have %s', (code, message) => {
    expect(problems(`packages/${part}/src/deep/bad.ts`, code)).toEqual([expect.stringContaining(message)])
  })

  test('may use the parts of those globals that give the same for the same', () => {
    expect(problems(`packages/${part}/src/good.ts`, 'const a = Math.max(1, new Date(0).getTime())')).toEqual(
      [],
    )
  })
})

describe('the direction of imports', () => {
  test.each([
    ['packages/values/src/a.ts', '@release-actions/release'],
    ['packages/judge/src/a.ts', '@release-actions/release'],
    ['packages/release/src/a.ts', '@release-actions/ports'],
    ['packages/github/src/a.ts', '@release-actions/kubernetes'],
    ['packages/kubernetes/src/a.ts', '@release-actions/lab'],
    ['packages/action-kit/src/a.ts', '@release-actions/github'],
    ['packages/engine/src/a.ts', '@release-actions/kubernetes'],
    ['actions/canary-step/src/a.ts', '@release-actions/lab'],
    ['actions/canary-step/src/a.ts', '../../health-gate/src/run.ts'],
  ])('%s may not import %s', (file, target) => {
    expect(problems(file, `import { x } from '${target}'`)).toHaveLength(1)
  })

  test.each([
    ['packages/release/src/a.ts', '@release-actions/values'],
    ['packages/github/src/a.ts', '@release-actions/http'],
    ['packages/http/src/a.ts', 'node:https'],
    ['packages/release/src/canary/a.ts', '../record/b.ts'],
    ['actions/canary-step/src/a.ts', '@release-actions/kubernetes'],
    ['packages/lab/test/a.test.ts', '@release-actions/lab'],
    ['test/scenarios/a.test.ts', '../../packages/lab/src/index.ts'],
  ])('%s may import %s', (file, target) => {
    expect(problems(file, `import { x } from '${target}'`)).toEqual([])
  })
})

/** What the rule says of a file with this text. */
function problems(file: string, code: string): readonly string[] {
  const config: Linter.Config = {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser as Linter.Parser },
    plugins: { 'release-actions': { rules: { boundaries } } },
    rules: { 'release-actions/boundaries': 'error' },
  }
  const linter = new Linter({ cwd: inRepo() })
  return linter.verify(code, config, { filename: inRepo(file) }).map(({ message }) => message)
}
