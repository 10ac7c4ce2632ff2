/** The esbuild plug-in through which a bundle reads our own sources. */
import { readFileSync } from 'node:fs'
import type { Plugin } from 'esbuild'
import { withNames } from './class-names.ts'
import { withDirectImports } from './direct-imports.ts'

export const ownSources: Plugin = {
  name: 'own-sources',
  setup(build) {
    build.onLoad({ filter: /[\\/](?:packages|actions)[\\/][^\\/]+[\\/]src[\\/].*\.ts$/ }, ({ path }) => ({
      contents: contentsOf(path),
      loader: 'ts',
    }))
  },
}

/** Of one process, for the bundles after the first. */
const known = new Map<string, string>()

function contentsOf(path: string): string {
  const contents = known.get(path) ?? withDirectImports(withNames(readFileSync(path, 'utf8')), path)
  known.set(path, contents)
  return contents
}
