/** Versions of this repository: semantic versioning, as tags `v1.2.3` and `v1.2.3-rc.1`. */

/** What comes before a release, in this order. */
const STAGES = ['alpha', 'beta', 'rc'] as const

export interface Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** undefined for a release. */
  readonly pre: { readonly stage: (typeof STAGES)[number]; readonly number: number } | undefined
}

const NUMBER = '(0|[1-9][0-9]{0,5})'
const PATTERN = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${STAGES.join('|')})\\.${NUMBER})?$`)

/** @param text `1.2.3` or `1.2.3-rc.1`, without a `v` @returns undefined when it is no version */
export function parseVersion(text: string): Version | undefined {
  const [whole, major, minor, patch, stage, number] = PATTERN.exec(text) ?? []
  if (whole === undefined) return undefined
  const known = STAGES.find((one) => one === stage)
  const pre = known === undefined ? undefined : { stage: known, number: Number(number) }
  return { major: Number(major), minor: Number(minor), patch: Number(patch), pre }
}

export function printVersion({ major, minor, patch, pre }: Version): string {
  return `${major}.${minor}.${patch}${pre === undefined ? '' : `-${pre.stage}.${pre.number}`}`
}

/** The versions among the tags; other tags (`v1`, `v1.2.3-ghes`) are left out. */
export function versionsOf(tags: readonly string[]): readonly Version[] {
  return tags.flatMap((tag) => {
    const version = tag.startsWith('v') ? parseVersion(tag.slice(1)) : undefined
    return version === undefined ? [] : [version]
  })
}

/** Below 0 when `a` is older; by https://semver.org/#spec-item-11 */
export function compareVersions(a: Version, b: Version): number {
  return (
    a.major - b.major ||
    a.minor - b.minor ||
    a.patch - b.patch ||
    rank(a) - rank(b) ||
    (a.pre?.number ?? 0) - (b.pre?.number ?? 0)
  )
}

/** A release comes after all that led to it. */
function rank({ pre }: Version): number {
  return pre === undefined ? STAGES.length : STAGES.indexOf(pre.stage)
}
