import type { Component } from './lockfiles.ts'

// The package databases of Linux distributions, as they lie in an image.

/** The packages that one source names. */
export interface PackageList {
  /** `dpkg`, `apk` */
  readonly name: string
  readonly components: readonly Component[]
}

/** What is read of an image, by path. */
export type ImageFiles = ReadonlyMap<string, Buffer>

const DPKG = /^var\/lib\/dpkg\/(status$|status\.d\/[^/]+$)/
const APK = /^(usr\/)?lib\/apk\/db\/installed$/
const RELEASE = /^(etc|usr\/lib)\/os-release$/
const RPM = /^(var\/lib\/rpm|usr\/lib\/sysimage\/rpm)\/(rpmdb\.sqlite|Packages(\.db)?)$/

/** Whether the content of a file says which packages there are. */
export function isDatabase(path: string): boolean {
  return (DPKG.test(path) && !path.endsWith('.md5sums')) || APK.test(path) || RELEASE.test(path)
}

/** A database that is not read: its format is SQLite's, or older. */
export function isUnread(path: string): boolean {
  return RPM.test(path)
}

/** The databases among the files of an image; one that names no package is left out. */
export function readDatabases(files: ImageFiles): readonly PackageList[] {
  const release = releaseOf(files)
  const texts = (pattern: RegExp): readonly string[] =>
    [...files].filter(([path]) => pattern.test(path)).map(([, content]) => content.toString('utf8'))
  return [
    { name: 'dpkg', components: texts(DPKG).flatMap((text) => dpkg(text, release)) },
    { name: 'apk', components: texts(APK).flatMap((text) => apk(text, release)) },
  ].filter(({ components }) => components.length > 0)
}

/** The distribution, as purls name it. */
interface Release {
  readonly id: string | undefined
  readonly version: string | undefined
}

/** https://www.freedesktop.org/software/systemd/man/latest/os-release.html */
function releaseOf(files: ImageFiles): Release {
  const text = (files.get('etc/os-release') ?? files.get('usr/lib/os-release'))?.toString('utf8') ?? ''
  const value = (key: string): string | undefined =>
    new RegExp(`^${key}=["']?([^"'\\n]*)["']?$`, 'm').exec(text)?.[1]
  return { id: value('ID'), version: value('VERSION_ID') }
}

/** https://manpages.debian.org/deb-control: what was removed and left its configuration is not installed. */
function dpkg(text: string, release: Release): readonly Component[] {
  return paragraphs(text).flatMap((paragraph) => {
    const value = (key: string): string | undefined =>
      new RegExp(`^${key}:[ \\t]*(.+)$`, 'm').exec(paragraph)?.[1]?.trim()
    const [name, version, status] = [value('Package'), value('Version'), value('Status')]
    if (name === undefined || version === undefined) return []
    if (status !== undefined && !/\binstalled$/.test(status)) return []
    const purl = purlOf('deb', release.id ?? 'debian', name, version, value('Architecture'), release)
    return [{ name, version, purl, licence: undefined }]
  })
}

/** https://wiki.alpinelinux.org/wiki/Apk_spec */
function apk(text: string, release: Release): readonly Component[] {
  return paragraphs(text).flatMap((paragraph) => {
    const value = (key: string): string | undefined => new RegExp(`^${key}:(.+)$`, 'm').exec(paragraph)?.[1]
    const [name, version] = [value('P'), value('V')]
    if (name === undefined || version === undefined) return []
    const purl = purlOf('apk', release.id ?? 'alpine', name, version, value('A'), release)
    return [{ name, version, purl, licence: value('L') }]
  })
}

/** https://github.com/package-url/purl-spec: types deb and apk */
function purlOf(
  type: 'deb' | 'apk',
  vendor: string,
  name: string,
  version: string,
  arch: string | undefined,
  { id, version: of }: Release,
): string {
  const qualifiers = [
    ...(arch === undefined ? [] : [`arch=${encodeURIComponent(arch)}`]),
    ...(id === undefined || of === undefined ? [] : [`distro=${encodeURIComponent(`${id}-${of}`)}`]),
  ]
  const end = qualifiers.length === 0 ? '' : `?${qualifiers.join('&')}`
  return `pkg:${type}/${encodeURIComponent(vendor)}/${encodeURIComponent(name)}@${encodeURIComponent(version)}${end}`
}

function paragraphs(text: string): readonly string[] {
  return text.split(/\n[ \t]*\n/)
}
