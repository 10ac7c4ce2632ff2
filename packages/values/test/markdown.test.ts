import { expect, test } from '@jest/globals'
import { markdownFold, markdownLine } from '../src/index.ts'

test('a fold shows its title as it is, and does nothing else with it', () => {
  expect(markdownFold('shop_a is back </summary><b> @octocat #1\nnow', 'body\n')).toBe(
    '<details><summary>shop_a is back &#60;/summary&#62;&#60;b&#62; &#64;\u200boctocat &#35;\u200b1 now</summary>\n\nbody\n\n</details>',
  )
})

test('what is parted is no mention and no reference in the finished page either; a digest is left whole', () => {
  expect(markdownLine('@octocat @org/team, #12 org/repo#3 GH-4 shop@sha256:0a C# @')).toBe(
    '&#64;\u200boctocat &#64;\u200borg/team, &#35;\u200b12 org/repo&#35;\u200b3 GH-\u200b4 shop&#64;sha256:0a C&#35; &#64;',
  )
})
