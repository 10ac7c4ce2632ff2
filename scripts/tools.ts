/**
 * `npm run tools [name …]`: brings act, actionlint and zizmor to `.cache/tools`, through Go's module proxy and PyPI.
 * What is on PATH already is taken as it is.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { TOOL_FOLDER, TOOLS, toolPath, type Tool } from './lib/tools.ts'

const known = Object.keys(TOOLS) as Tool[]
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !known.some((tool) => tool === name))
if (unknown.length > 0) {
  console.error(`No such tool: ${unknown.join(', ')}. There are: ${known.join(', ')}.`)
  process.exit(2)
}
mkdirSync(TOOL_FOLDER, { recursive: true })
for (const name of known.filter((tool) => asked.length === 0 || asked.includes(tool))) {
  try {
    console.log(`${name.padEnd(10)} ${toolPath(name) ?? install(name)}`)
  } catch (error) {
    process.exitCode = 1
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** @returns where it is now */
function install(name: Tool): string {
  const { from, module, version } = TOOLS[name]
  switch (from) {
    case 'go': {
      const env = { ...process.env, GOBIN: TOOL_FOLDER, GOFLAGS: '-mod=mod' }
      execFileSync('go', ['install', `${module}@v${version}`], {
        env,
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      break
    }
    case 'pip': {
      const folder = join(TOOL_FOLDER, 'python')
      execFileSync('python3', ['-m', 'venv', folder], { stdio: ['ignore', 'inherit', 'inherit'] })
      const pip = join(folder, 'bin', 'pip')
      const args = ['install', '--quiet', '--disable-pip-version-check', `${module}==${version}`]
      execFileSync(pip, args, { stdio: ['ignore', 'inherit', 'inherit'] })
      break
    }
  }
  const path = toolPath(name)
  if (path === undefined) throw new Error(`${name} was installed, and is nowhere`)
  return path
}
