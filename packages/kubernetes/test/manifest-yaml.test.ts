import { expect, test } from '@jest/globals'
import { parseManifest } from '../src/manifest-yaml.ts'

test('a manifest means what it means to kubectl: octal modes, merge keys, yes and no; dates are text', async () => {
  const text = `
base: &base {mode: 0400, other: "0400", new: 0o17, decimal: 089}
merged: {<<: *base, mode: 0644}
answers: [yes, Off, n, true, "yes", yesterday]
texts: [12:30, 2026-11-21, e2, ., 1.2.3, ~x]
numbers: [8080, -1, 1.5, 1e3, 0]
`
  expect(await parseManifest(`${text}---\n# nothing\n`)).toEqual([
    {
      base: { mode: 256, other: '0400', new: 15, decimal: 89 },
      merged: { mode: 420, other: '0400', new: 15, decimal: 89 },
      answers: [true, false, false, true, 'yes', 'yesterday'],
      texts: ['12:30', '2026-11-21', 'e2', '.', '1.2.3', '~x'],
      numbers: [8080, -1, 1.5, 1000, 0],
    },
    null,
  ])
})

test('what cannot be read is said: a line, or the anchor that is not there', async () => {
  await expect(parseManifest('a: [')).rejects.toThrow(/line 1/)
  await expect(parseManifest('a: *b')).rejects.toThrow(/alias.*b/i)
})
