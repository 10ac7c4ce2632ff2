/** First half of a bundle: esbuild joins an action and all it imports into one file and its lazy chunks. */
import { build } from 'esbuild'
import type { Metafile } from 'esbuild'
import { basename } from 'node:path'
import { ROOT } from '../lib/repo.ts'
import { classNames } from './class-names.ts'
import { lazy, SEPARATE } from './lazy.ts'
import { chunkName } from './names.ts'

export interface Prebundle {
  /** Modules by file name; the one called `index` is where it starts. */
  readonly files: ReadonlyMap<string, string>
  /** Source files with at least one byte in the result, relative to the repository. */
  readonly sources: readonly string[]
  /** Packages that it loads from a file of their own: file name (without `.js`) to the package's entry. */
  readonly separate: ReadonlyMap<string, string>
}

/**
 * @param entry relative to the repository
 * @param kind a program with lazy chunks, or a `library`: one file whose `require()` gives what the entry exports
 */
export async function prebundle(entry: string, kind: 'program' | 'library' = 'program'): Promise<Prebundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { index: entry },
    bundle: true,
    format: kind === 'program' ? 'esm' : 'cjs',
    splitting: kind === 'program',
    platform: 'node',
    target: 'node24',
    outdir: 'build/never-written',
    outExtension: { '.js': kind === 'program' ? '.mjs' : '.cjs' },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    charset: 'utf8',
    metafile: true,
    write: false,
    logLevel: 'warning',
    logOverride: { 'empty-import-meta': 'error', 'require-resolve-not-external': 'error' },
    plugins: [lazy, classNames],
  })
  const names = chunkNames(metafile)
  const files = new Map<string, string>()
  for (const file of outputFiles) {
    let text = file.text
    for (const [hashed, stable] of names) text = text.replaceAll(`"./${hashed}"`, `"./${stable}"`)
    files.set(names.get(basename(file.path)) ?? basename(file.path), text)
  }
  return { files, ...contentsOf(metafile) }
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
function contentsOf(metafile: Metafile): Pick<Prebundle, 'sources' | 'separate'> {
  const sources = new Set<string>()
  const separate = new Map<string, string>()
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      if (bytesInOutput === 0) continue
      const [, namespace, inside] = /^([a-z-]{3,}):(.*)$/.exec(path) ?? []
      if (namespace === undefined) sources.add(path)
      else if (namespace === SEPARATE && inside !== undefined) {
        const source = inside.replace(/#$/, '')
        separate.set(chunkName(source), source)
      }
    }
  }
  return { sources: [...sources].sort(), separate }
}
