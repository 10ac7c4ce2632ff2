/**
 * Imports of our packages, taken from the files that declare what is imported. esbuild cuts a bundle into chunks by what
 * each entry reaches, and an import of a package reaches all that its index exports: a first look at a workload came to
 * load the way back, the gates and the summary with it.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { inRepo } from '../lib/repo.ts'

const IMPORT = /^import \{([^}]*)\} from '@release-actions\/([a-z-]+)'$/gm
const LAZY_IMPORT = /const \{([^}]*)\} = await import\('@release-actions\/([a-z-]+)'\)/g

/**
 * The same source with each import of a package split by file. What cannot be found (a name that is declared in no way
 * that we use) is still imported from the package.
 * @param path of the source, absolute
 */
export function withDirectImports(source: string, path: string): string {
  return source
    .replace(IMPORT, (whole, list: string, name: string) =>
      byFile(list, name)
        ?.map(([file, names]) => `import { ${names.join(', ')} } from '${asImport(path, file)}'`)
        .join('; ') ?? whole,
    )
    .replace(LAZY_IMPORT, (whole, list: string, name: string) => {
      const [only, ...others] = byFile(list, name) ?? []
      if (only === undefined || others.length > 0) return whole
      return `const {${list}} = await import('${asImport(path, only[0])}')`
    })
}

/** What is imported by the file that declares it; undefined when one of the names is not found. */
function byFile(list: string, name: string): readonly (readonly [string, readonly string[]])[] | undefined {
  const files = exportsOf(inRepo('packages', name, 'src', 'index.ts'))
  const found = new Map<string, string[]>()
  for (const each of list.split(',').map((part) => part.trim())) {
    if (each === '' || each.startsWith('type ')) continue
    const file = files.get(each.split(/ as |:/)[0] ?? each)
    if (file === undefined) return undefined
    found.set(file, [...(found.get(file) ?? []), each])
  }
  return [...found]
}

function asImport(from: string, to: string): string {
  const path = relative(dirname(from), to).replaceAll('\\', '/')
  return path.startsWith('.') ? path : `./${path}`
}

const known = new Map<string, ReadonlyMap<string, string>>()

/** The file that declares each value which a file exports, itself or from others. */
function exportsOf(file: string): ReadonlyMap<string, string> {
  const found = known.get(file) ?? readExports(file)
  known.set(file, found)
  return found
}

function readExports(file: string): ReadonlyMap<string, string> {
  const source = readFileSync(file, 'utf8')
  const names = new Map<string, string>()
  for (const [, name = ''] of source.matchAll(
    /^export (?:async |abstract )?(?:function\*?|class|const|let) (\w+)/gm,
  ))
    names.set(name, file)
  for (const [, path = ''] of source.matchAll(/^export \* from '(\.[^']+)'$/gm)) {
    for (const [name, home] of exportsOf(resolve(dirname(file), path))) names.set(name, home)
  }
  for (const [, list = '', path = ''] of source.matchAll(/^export \{([^}]*)\} from '(\.[^']+)'$/gm)) {
    const theirs = exportsOf(join(dirname(file), path))
    for (const each of list.split(',').map((part) => part.trim())) {
      const home = theirs.get(each)
      if (home !== undefined) names.set(each, home)
    }
  }
  return names
}
