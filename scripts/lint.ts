/** `npm run lint [-- --fix]`: ESLint and Prettier over the repository. */
import { run } from './lib/run.ts'

const fix = process.argv.includes('--fix')
const results = [
  await run('eslint', ['node_modules/eslint/bin/eslint.js', ...(fix ? ['--fix'] : []), '.']),
  await run('prettier', [
    'node_modules/prettier/bin/prettier.cjs',
    fix ? '--write' : '--check',
    '--log-level',
    'warn',
    '.',
  ]),
]
for (const { name, output, ok } of results) if (!ok) console.error(`${name}:\n${output}`)
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1
