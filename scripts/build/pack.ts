/** Second half of a bundle: ncc packs the pre-bundled files into an `index.js` and its lazy chunks. */
import ncc from '@vercel/ncc'
import { transform } from 'esbuild'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { inRepo, ROOT } from '../lib/repo.ts'

/**
 * CommonJS, because Node starts it 0.2× faster than the same code as an ES module, and reads its lazy chunks
 * without the module loader.
 *
 * @returns file contents by name: `index.js` and the chunks it may load
 * @throws Error when the result would depend on the machine it was made on
 */
export async function pack(files: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
  mkdirSync(inRepo('build'), { recursive: true })
  // Below the repository, and entered: webpack numbers modules by their paths relative to here.
  const folder = mkdtempSync(inRepo('build', 'pre-'))
  const before = process.cwd()
  try {
    for (const [name, text] of files) writeFileSync(join(folder, name), text)
    process.chdir(folder)
    // webpack looks for files in a way that Node warns about.
    process.noDeprecation = true
    const { code, assets, stats } = await ncc(
      join(folder, 'index.mjs'),
      {
        // Of the main file only, and by terser, which takes a second for it: see `small`.
        minify: false,
        esm: false,
        cache: false,
        quiet: true,
        target: 'es2024',
      },
    )
    const chunks = new Map(Object.entries(assets).map(([name, asset]) => [name, asset.source.toString()]))
    const packed = await withStableNames(code, chunks, namesOf(stats))
    for (const [name, text] of packed) refuseWhatIsNotPortable(name, text)
    return packed
  } finally {
    process.chdir(before)
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * A name for each chunk that webpack made, by its number: that of the file that is imported lazily, or `shared` for
 * what several such files have in common.
 */
function namesOf({ compilation }: ncc.Stats): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const chunk of compilation.chunks) {
    const held = [...compilation.chunkGraph.getChunkModulesIterable(chunk)].map((module) =>
      basename(module.nameForCondition() ?? '', '.mjs'),
    )
    const asked = [...chunk.groupsIterable].flatMap((group) =>
      group.origins.map(({ request }) => basename(request ?? '', '.mjs')),
    )
    const wanted = asked.find((name) => held.includes(name)) ?? 'shared'
    let name = wanted
    for (let n = 2; [...names.values()].includes(name); n++) name = `${wanted}-${String(n)}`
    names.set(String(chunk.id), name)
  }
  return names
}

/** `20.index.js` becomes `yaml.js`, there and in the one place of the runtime that builds such a name. */
async function withStableNames(
  code: string,
  chunks: ReadonlyMap<string, string>,
  names: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const packed = new Map<string, string>()
  const main = await small(code)
  if (chunks.size === 0) return packed.set('index.js', ending(main))
  const table: Record<string, string> = {}
  for (const [file, text] of chunks) {
    const id = /^(\d+)\.index\.[cm]?js$/.exec(file)?.[1]
    if (id === undefined) throw new Error(`ncc left a file that nothing asked for: ${file}`)
    // One import may take several chunks, of which the group's name fits one only.
    const fitting = names.get(id) ?? `shared-${id}`
    const name = packed.has(`${fitting}.js`) ? `${fitting}-${id}` : fitting
    table[id] = name
    packed.set(`${name}.js`, ending(await small(text)))
  }
  const place = /=(\w+)=>""\+\1\+"\.index\.[cm]?js"/g
  if (main.match(place)?.length !== 1)
    throw new Error('ncc names its chunks in another way than it did: see pack.ts')
  const named = main.replace(place, (_, id: string) => `=${id}=>(${JSON.stringify(table)})[${id}]+".js"`)
  return packed.set('index.js', ending(named))
}

/**
 * Minified. esbuild also puts a module's function into parentheses, by which V8 knows that it will be called, and reads it
 * once instead of twice.
 */
async function small(code: string): Promise<string> {
  const { code: minified } = await transform(code, {
    minify: true,
    target: 'node24',
    legalComments: 'none',
    charset: 'utf8',
  })
  return minified
}

/** One line end at the end, and none of the blanks that webpack leaves. */
function ending(code: string): string {
  return `${code.trimEnd()}\n`
}

function refuseWhatIsNotPortable(name: string, text: string): void {
  if (text.includes(ROOT))
    throw new Error(`${name} contains the path of this repository: ${around(text, ROOT)}`)
  for (const sign of ['Cannot find module', 'Dynamic require of']) {
    if (text.includes(sign))
      throw new Error(`${name} has an import that is not resolved: ${around(text, sign)}`)
  }
}

function around(text: string, what: string): string {
  const at = text.indexOf(what)
  return text.slice(Math.max(0, at - 120), at + 200)
}
