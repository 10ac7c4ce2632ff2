import { expect, test } from '@jest/globals'
import { markdownFold } from '../src/index.ts'

test('a fold shows its title as it is, and does nothing else with it', () => {
  expect(markdownFold('shop_a is back </summary><b> @octocat #1\nnow', 'body\n')).toBe(
    '<details><summary>shop_a is back &#60;/summary&#62;&#60;b&#62; &#64;octocat &#35;1 now</summary>\n\nbody\n\n</details>',
  )
})
