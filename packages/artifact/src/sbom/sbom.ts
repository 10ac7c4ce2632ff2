import { readFile } from 'node:fs/promises'
import { walk } from '../pack/find-files.ts'
import type { PackageList } from './databases.ts'
import { LOCKFILES, type Component } from './lockfiles.ts'

/** What an artifact is made of. */
export interface Sbom {
  /** CycloneDX 1.6 as JSON; of buildx SPDX. */
  readonly text: string
  readonly components: number
  /** `package-lock.json, api/go.sum, dpkg`; the tool's name where a tool made it. */
  readonly from: string
}

export interface SbomSubject {
  readonly name: string
  readonly version: string
  /** `pkg:oci/shop@sha256:…` */
  readonly digest: string
}

const LEFT_OUT = new Set(['.git/', 'node_modules/', 'vendor/', '.venv/', 'target/', 'dist/'])

/**
 * The packages that the lockfiles of a folder name, and those of the image's own databases, as CycloneDX
 * (https://cyclonedx.org/docs/1.6/json/). It is what was locked and installed by others' word, not what is there: the
 * document says so too. Nothing in it depends on when it was made.
 * @returns undefined when there is neither a lockfile that is known nor a database
 */
export async function sbomOfPackages(
  folder: string,
  databases: readonly PackageList[],
  subject: SbomSubject,
): Promise<Sbom | undefined> {
  const files = await walk(
    folder,
    (name) => LEFT_OUT.has(`${name.replace(/\/$/, '').split('/').at(-1) ?? ''}/`) && name.endsWith('/'),
  )
  const found = new Map<string, Component>()
  const from: string[] = []
  for (const { name, path, kind } of files) {
    const read = LOCKFILES.get(name.split('/').at(-1) ?? '')
    if (read === undefined || kind !== 'file') continue
    from.push(name)
    for (const component of read(await readFile(path, 'utf8'))) found.set(component.purl, component)
  }
  for (const { name, components } of databases) {
    from.push(name)
    for (const component of components) found.set(component.purl, component)
  }
  if (from.length === 0) return undefined
  const components = [...found.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1))
  return { text: cycloneDx(subject, components, from), components: components.length, from: from.join(', ') }
}

function cycloneDx(subject: SbomSubject, components: readonly Component[], from: readonly string[]): string {
  return `${JSON.stringify(
    {
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      version: 1,
      metadata: {
        tools: { components: [{ type: 'application', name: 'release-actions/build-artifact' }] },
        component: {
          type: 'application',
          name: subject.name,
          version: subject.version,
          hashes: [{ alg: 'SHA-256', content: subject.digest.replace(/^sha256:/, '') }],
        },
        properties: from.map((name) => ({ name: 'dev.release-actions:from', value: name })),
      },
      components: components.map(({ name, version, purl, licence }) => ({
        type: 'library',
        'bom-ref': purl,
        name,
        version,
        purl,
        ...(licence === undefined ? {} : { licenses: [licencesOf(licence)] }),
      })),
      compositions: [{ aggregate: 'incomplete' }],
    },
    undefined,
    2,
  )}\n`
}

function licencesOf(licence: string): object {
  return /\s|[()]/.test(licence)
    ? { expression: licence.replace(/^\((.*)\)$/, '$1') }
    : { license: { name: licence } }
}
