/** Versions of this repository: semantic versioning, as tags `v1.2.3` and `v1.2.3-rc.1`. */

export interface Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** `rc.1`; empty for a release. */
  readonly pre: string
}

const NUMBER = '(0|[1-9][0-9]{0,5})'
const PATTERN = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-([0-9A-Za-z]+(?:\\.[0-9A-Za-z]+)*))?$`)

/** @param text `1.2.3` or `1.2.3-rc.1`, without a `v` @returns undefined when it is no version */
export function parseVersion(text: string): Version | undefined {
  const [whole, major, minor, patch, pre = ''] = PATTERN.exec(text) ?? []
  if (whole === undefined) return undefined
  return { major: Number(major), minor: Number(minor), patch: Number(patch), pre }
}

export function printVersion({ major, minor, patch, pre }: Version): string {
  return `${major}.${minor}.${patch}${pre === '' ? '' : `-${pre}`}`
}

/** The versions among the tags; other tags (`v1`, `v1.2.3-ghes`) are left out. */
export function versionsOf(tags: readonly string[]): readonly Version[] {
  return tags.flatMap((tag) => {
    const version = tag.startsWith('v') && !tag.endsWith('-ghes') ? parseVersion(tag.slice(1)) : undefined
    return version === undefined ? [] : [version]
  })
}

/** Below 0 when `a` is older; by https://semver.org/#spec-item-11 */
export function compareVersions(a: Version, b: Version): number {
  const numbers = a.major - b.major || a.minor - b.minor || a.patch - b.patch
  return numbers !== 0 ? numbers : comparePre(a.pre, b.pre)
}

function comparePre(a: string, b: string): number {
  if (a === b) return 0
  if (a === '') return 1
  if (b === '') return -1
  const [left, right] = [a.split('.'), b.split('.')]
  for (const [at, one] of left.entries()) {
    const other = right[at]
    if (other === undefined) return 1
    const difference = compareIdentifiers(one, other)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

function compareIdentifiers(a: string, b: string): number {
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (left && right) return Number(a) - Number(b)
  if (left !== right) return left ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}
