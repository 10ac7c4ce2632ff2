/** First half of a bundle: esbuild joins an action and all it imports into one file and its lazy chunks. */
import { build } from 'esbuild'
import type { Metafile } from 'esbuild'
import { basename } from 'node:path'
import { ROOT } from '../lib/repo.ts'
import { lazy } from './lazy.ts'
import { chunkName } from './names.ts'
import { ownSources } from './own-sources.ts'

export interface Prebundle {
  /** Modules by file name; the one called `index` is where it starts. */
  readonly files: ReadonlyMap<string, string>
  /** Source files with at least one byte in the result, relative to the repository. */
  readonly sources: readonly string[]
}

/** @param entry relative to the repository */
export async function prebundle(entry: string): Promise<Prebundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { index: entry },
    bundle: true,
    format: 'esm',
    splitting: true,
    platform: 'node',
    target: 'node24',
    outdir: 'build/never-written',
    outExtension: { '.js': '.mjs' },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    charset: 'utf8',
    metafile: true,
    write: false,
    logLevel: 'warning',
    logOverride: { 'empty-import-meta': 'error', 'require-resolve-not-external': 'error' },
    plugins: [lazy, ownSources],
  })
  const names = chunkNames(metafile)
  const files = new Map<string, string>()
  for (const file of outputFiles) {
    let text = file.text
    for (const [hashed, stable] of names) text = text.replaceAll(`"./${hashed}"`, `"./${stable}"`)
    files.set(names.get(basename(file.path)) ?? basename(file.path), text)
  }
  return { files, sources: sourcesOf(metafile) }
}

/** From esbuild's file names, which change with the content, to names that do not. */
function chunkNames(metafile: Metafile): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const taken = new Set<string>()
  // By content, not by hash, so that an edit elsewhere does not renumber the shared chunks.
  const outputs = Object.entries(metafile.outputs).map(([path, output]) => ({
    path,
    entry: output.entryPoint,
    inputs: Object.keys(output.inputs).sort().join('\n'),
  }))
  outputs.sort((a, b) => (a.inputs < b.inputs ? -1 : 1))
  for (const { path, entry } of outputs) {
    if (/^index\.[cm]js$/.test(basename(path))) continue
    const wanted = entry === undefined ? 'shared' : chunkName(entry)
    let name = wanted
    for (let n = 2; taken.has(name); n++) name = `${wanted}-${String(n)}`
    taken.add(name)
    names.set(basename(path), `${name}.mjs`)
  }
  return names
}

/** What the result is made of. esbuild also lists what it read and then left out: that has no bytes. */
function sourcesOf(metafile: Metafile): readonly string[] {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  // Stand-ins of the plug-in are named by their namespace, and are no files.
  const files = inputs.filter(([path, { bytesInOutput }]) => bytesInOutput > 0 && !/^[a-z-]{3,}:/.test(path))
  return [...new Set(files.map(([path]) => path))].sort()
}
