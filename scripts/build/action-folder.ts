/** What goes into `dist/<name>`, which is a whole action by itself: users point `uses:` at a copy of it. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { inRepo } from '../lib/repo.ts'
import { licences } from './licences.ts'
import { pack } from './pack.ts'
import { prebundle } from './prebundle.ts'

/**
 * The bundle by another name. Post cannot lean on what main has left behind: main may have been killed before it left
 * anything. The name of the file that was started is always there.
 */
export const POST = 'post.js'

/** File contents by name, of one action. The same source gives the same bytes on every machine. */
export async function actionFolder(name: string): Promise<ReadonlyMap<string, string>> {
  const { files, sources } = await prebundle(`actions/${name}/src/main.ts`)
  const folder = new Map(await pack(files))
  const about = pointedAtBundle(readFileSync(inRepo('actions', name, 'action.yml'), 'utf8'), name)
  folder.set('action.yml', about)
  if (/^\s+post:/m.test(about)) folder.set(POST, "require('./index.js')\n")
  // Without it Node would look for the next package.json above, and read the bundle as what that one says.
  folder.set('package.json', '{"type":"commonjs"}\n')
  folder.set('licenses.txt', licences(sources))
  return folder
}

/**
 * The same file with `main`, `pre` and `post` naming the bundle beside it. One bundle serves all three.
 *
 * @throws Error when the result does not run on node24
 */
export function pointedAtBundle(text: string, name: string): string {
  const runs = text.search(/^runs:/m)
  if (runs < 0) throw new Error(`actions/${name}/action.yml has no runs:`)
  const pointed =
    text.slice(0, runs) +
    text
      .slice(runs)
      .replace(/^(\s+(?:main|pre):\s*).*$/gm, '$1index.js')
      .replace(/^(\s+post:\s*).*$/gm, `$1${POST}`)
  const read = parse(pointed) as { readonly runs?: Readonly<Record<string, unknown>> }
  if (read.runs?.['using'] !== 'node24' || read.runs['main'] !== 'index.js') {
    throw new Error(`actions/${name}/action.yml must say using: node24 and main:`)
  }
  return pointed
}
