import { expect, test } from '@jest/globals'
import { withDirectImports } from '../../scripts/build/direct-imports.ts'
import { inRepo } from '../../scripts/lib/repo.ts'

const FROM = inRepo('actions/canary-step/src/run.ts')

test('what a bundle imports of a package comes from the files that declare it, types left out', () => {
  const source =
    "import { formatRun, isAlreadyLive, type Landed } from '@release-actions/release'\nuse(formatRun)\n"
  expect(withDirectImports(source, FROM)).toBe(
    "import { formatRun } from '../../../packages/release/src/run-id.ts'; " +
      "import { isAlreadyLive } from '../../../packages/release/src/canary/already-live.ts'\nuse(formatRun)\n",
  )
})

test('a lazy import of one file is of that file', () => {
  const source = "const { resolveDigest } = await import('@release-actions/artifact')"
  expect(withDirectImports(source, FROM)).toMatch(
    /^const \{ resolveDigest \} = await import\('\.\.\/\.\.\/\.\.\/packages\/artifact\/src\/[a-z/-]*resolve-digest\.ts'\)$/,
  )
})

test('what is not found is left to the package', () => {
  const source = "import { noSuchThing } from '@release-actions/release'\n"
  expect(withDirectImports(source, FROM)).toBe(source)
})
