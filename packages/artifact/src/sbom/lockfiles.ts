import { field, isObject, keysOf, parseJson, textField } from '../json.ts'

/** A package that an artifact was built from, named as https://github.com/package-url/purl-spec has it. */
export interface Component {
  readonly name: string
  readonly version: string
  readonly purl: string
  /** An SPDX expression, where the lockfile says one. */
  readonly licence: string | undefined
}

/** Reads the packages of one lockfile's text. */
type Reader = (text: string) => readonly Component[]

/** By file name. Development packages are left out where the lockfile tells them apart. */
export const LOCKFILES: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['package-lock.json', npm],
  ['npm-shrinkwrap.json', npm],
  ['go.sum', go],
  ['requirements.txt', python],
  ['Cargo.lock', cargo],
  ['Gemfile.lock', ruby],
])

/** Lockfile versions 2 and 3: https://docs.npmjs.com/cli/configuring-npm/package-lock-json */
function npm(text: string): readonly Component[] {
  const packages = field(parseJson(text), 'packages')
  return keysOf(packages).flatMap((path) => {
    const entry = field(packages, path)
    const name = textField(entry, 'name') ?? /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1]
    const version = textField(entry, 'version')
    const own = path === '' || !path.includes('node_modules/')
    if (own || name === undefined || version === undefined || !isObject(entry)) return []
    if (entry['dev'] === true || entry['link'] === true) return []
    const purl = `pkg:npm/${name.split('/').map(encodeURIComponent).join('/')}@${encodeURIComponent(version)}`
    return [{ name, version, purl, licence: textField(entry, 'license') }]
  })
}

/** `module version hash`; lines for a go.mod alone are of modules that may not be built in. */
function go(text: string): readonly Component[] {
  return lines(text).flatMap((line) => {
    const [name = '', version = ''] = line.split(/\s+/)
    if (name === '' || !version.startsWith('v') || version.endsWith('/go.mod')) return []
    return [{ name, version, purl: `pkg:golang/${name}@${encodeURIComponent(version)}`, licence: undefined }]
  })
}

/** Only what is pinned by `==`: a range names no version. */
function python(text: string): readonly Component[] {
  return lines(text).flatMap((line) => {
    const [, name, version] =
      /^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*===?\s*([^\s;#\\,]+)/.exec(line) ?? []
    if (name === undefined || version === undefined) return []
    const normal = name.toLowerCase().replace(/[._-]+/g, '-')
    return [
      {
        name: normal,
        version,
        purl: `pkg:pypi/${normal}@${encodeURIComponent(version)}`,
        licence: undefined,
      },
    ]
  })
}

/** Packages with a source; those of the workspace itself have none. */
function cargo(text: string): readonly Component[] {
  return text.split(/^\[\[package\]\]$/m).flatMap((part) => {
    const value = (key: string): string | undefined => new RegExp(`^${key} = "([^"]*)"$`, 'm').exec(part)?.[1]
    const [name, version] = [value('name'), value('version')]
    if (name === undefined || version === undefined || value('source') === undefined) return []
    return [{ name, version, purl: `pkg:cargo/${name}@${encodeURIComponent(version)}`, licence: undefined }]
  })
}

/** The indented `name (version)` lines of the GEM section. */
function ruby(text: string): readonly Component[] {
  const gems = /^GEM\n([^]*?)(?:\n\n|$(?![^]))/m.exec(text)?.[1] ?? ''
  return [...gems.matchAll(/^ {4}(\S+) \(([^)]+)\)$/gm)].map(([, name = '', version = '']) => ({
    name,
    version,
    purl: `pkg:gem/${name}@${encodeURIComponent(version)}`,
    licence: undefined,
  }))
}

function lines(text: string): readonly string[] {
  return text.split(/\r?\n/).map((line) => line.trim())
}
