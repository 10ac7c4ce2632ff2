/** Which packages a bundle contains, under which licences, and the notices that must travel with it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inRepo } from '../lib/repo.ts'

/** SPDX names that ask for no more than the notice. */
const PERMISSIVE: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
])

/**
 * The text of `licenses.txt`.
 *
 * @param sources files that are in the bundle, relative to the repository
 * @throws Error naming the packages whose licence is missing or not permissive
 */
export function licences(sources: readonly string[]): string {
  const refused: string[] = []
  const sections: string[] = []
  for (const folder of packagesOf(sources)) {
    const about = JSON.parse(readFileSync(inRepo(folder, 'package.json'), 'utf8')) as Record<string, unknown>
    const name = String(about['name'])
    const licence = typeof about['license'] === 'string' ? about['license'] : ''
    if (!isPermissive(licence)) refused.push(`${name} (${licence === '' ? 'no licence' : licence})`)
    sections.push(`${name} ${String(about['version'])}\nLicense: ${licence}\n\n${notices(folder)}`)
  }
  if (refused.length > 0) throw new Error(`not under a permissive licence: ${refused.join(', ')}`)
  return sections.length === 0 ? 'No third-party code.\n' : `${sections.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}

/** `MIT`, `(MIT OR GPL-3.0)`, `MIT AND ISC`; anything more nested is refused. */
export function isPermissive(expression: string): boolean {
  const alternatives = expression.replace(/^\((.*)\)$/, '$1').split(/\s+OR\s+/)
  return alternatives.some((one) => one.split(/\s+AND\s+/).every((name) => PERMISSIVE.has(name)))
}

/** Folders of the packages that the files belong to, the innermost for a nested one. */
function packagesOf(sources: readonly string[]): readonly string[] {
  const folders = new Set<string>()
  for (const source of sources) {
    const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(source)?.[0]
    if (folder !== undefined) folders.add(folder)
  }
  return [...folders].sort()
}

function notices(folder: string): string {
  const path = inRepo(folder)
  const files = existsSync(path)
    ? readdirSync(path).filter((name) => /^(licen[cs]e|notice|copying)/i.test(name))
    : []
  if (files.length === 0) return '(The package carries no licence file; its package.json names the licence.)'
  return files
    .sort()
    .map((name) => readFileSync(join(path, name), 'utf8').replaceAll('\r\n', '\n').trim())
    .join('\n\n')
}
