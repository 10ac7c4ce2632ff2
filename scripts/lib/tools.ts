/**
 * Programs that are no npm packages: found on PATH, or in `.cache/tools`, where `npm run tools` puts them, each at the
 * version that is pinned here.
 */
import { delimiter, join } from 'node:path'
import { isExecutable } from './executable.ts'
import { inRepo } from './repo.ts'

export const TOOLS = {
  act: { version: '0.2.89', from: 'go', module: 'github.com/nektos/act' },
  actionlint: { version: '1.7.12', from: 'go', module: 'github.com/rhysd/actionlint/cmd/actionlint' },
  zizmor: { version: '1.32.0', from: 'pip', module: 'zizmor' },
} as const

export type Tool = keyof typeof TOOLS

export const TOOL_FOLDER = inRepo('.cache', 'tools')

/** Where a tool is, ours before the machine's; undefined when it is nowhere. */
export function toolPath(name: Tool, path = process.env['PATH'] ?? ''): string | undefined {
  const folders = [TOOL_FOLDER, join(TOOL_FOLDER, 'python', 'bin'), ...path.split(delimiter)]
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}
