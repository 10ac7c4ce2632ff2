/** What goes into `dist/<name>`, which is a whole action by itself: users point `uses:` at a copy of it. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { inRepo } from '../lib/repo.ts'
import { licences } from './licences.ts'
import { pack } from './pack.ts'
import { prebundle } from './prebundle.ts'


/** File contents by name, of one action. The same source gives the same bytes on every machine. */
export async function actionFolder(name: string): Promise<ReadonlyMap<string, string>> {
  const { files, sources, separate } = await prebundle(entryOf(name))
  const folder = new Map(await pack(files))
  const all = [...sources]
  for (const [file, entry] of separate) {
    const alone = await prebundle(entry, 'library')
    const packed = await pack(alone.files)
    if (packed.size !== 1 || alone.separate.size > 0) throw new Error(`${file} must fit in one file`)
    folder.set(`${file}.js`, packed.get('index.js') ?? '')
    all.push(...alone.sources)
  }
  folder.set('action.yml', pointedAtBundle(readFileSync(inRepo('actions', name, 'action.yml'), 'utf8'), name))
  // Without it Node would look for the next package.json above, and read the bundle as what that one says.
  folder.set('package.json', '{"type":"commonjs"}\n')
  folder.set('licenses.txt', licences(all))
  return folder
}

function entryOf(name: string): string {
  return `actions/${name}/src/main.ts`
}

/**
 * The same file with `main`, `pre` and `post` naming the bundle beside it. One bundle serves all three: it
 * tells by its state which it is.
 *
 * @throws Error when the result does not run on node24
 */
export function pointedAtBundle(text: string, name: string): string {
  const runs = text.search(/^runs:/m)
  if (runs < 0) throw new Error(`actions/${name}/action.yml has no runs:`)
  const pointed =
    text.slice(0, runs) + text.slice(runs).replace(/^(\s+(?:main|pre|post):\s*).*$/gm, '$1index.js')
  const read = parse(pointed) as { readonly runs?: Readonly<Record<string, unknown>> }
  if (read.runs?.['using'] !== 'node24' || read.runs['main'] !== 'index.js') {
    throw new Error(`actions/${name}/action.yml must say using: node24 and main:`)
  }
  return pointed
}
