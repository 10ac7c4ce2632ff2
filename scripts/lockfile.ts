/**
 * `node scripts/lockfile.ts [--fix]`: what a fresh clone needs of package-lock.json.
 *
 * - It names no registry: whoever installs uses their own.
 * - It holds every optional dependency, also those for other platforms. npm leaves out the ones that the
 *   registry at hand did not have, and `npm ci` then refuses the lockfile. --fix adds them, without a hash.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { inRepo } from './lib/repo.ts'

interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly license?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
interface Lockfile {
  readonly packages: Record<string, Locked>
}

const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
]
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64']

const path = inRepo('package-lock.json')
const lockfile = JSON.parse(readFileSync(path, 'utf8')) as Lockfile
const packages = Object.entries(lockfile.packages)

const hosts = packages.filter(([, { link, resolved }]) => link !== true && resolved?.includes('://') === true)
const missing = packages.flatMap(([owner, locked]) =>
  Object.entries(locked.optionalDependencies ?? {})
    .filter(
      ([name]) =>
        !(`node_modules/${name}` in lockfile.packages) &&
        !(`${owner}/node_modules/${name}` in lockfile.packages),
    )
    .map(([name, version]) => ({ name, version, owner: locked })),
)

if (process.argv.includes('--fix') && missing.length > 0) {
  for (const { name, version, owner } of missing)
    lockfile.packages[`node_modules/${name}`] = entry(name, version, owner)
  writeFileSync(path, `${JSON.stringify(sorted(lockfile), null, 2)}\n`)
  console.log(`package-lock.json: added ${missing.map(({ name }) => name).join(', ')}`)
} else {
  for (const [name, { resolved }] of hosts)
    console.error(`package-lock.json: ${name} names a registry: ${String(resolved)}`)
  for (const { name } of missing) {
    console.error(
      `package-lock.json: ${name} is missing; npm ci would refuse. Run node scripts/lockfile.ts --fix`,
    )
  }
  process.exitCode = hosts.length + missing.length > 0 ? 1 : 0
}

/** The platform of such a package is in its name: `…-linux-arm64-musl`. */
function entry(name: string, version: string, owner: Locked): Locked {
  const words = name.split(/[-/]/)
  const os = words.filter((word) => SYSTEMS.includes(word))
  const cpu = words.filter((word) => PROCESSORS.includes(word))
  const musl = words.some((word) => word.startsWith('musl'))
  return {
    version,
    ...(cpu.length > 0 && { cpu }),
    ...(owner.dev === true && { dev: true }),
    ...(os.includes('linux') && { libc: [musl ? 'musl' : 'glibc'] }),
    ...(owner.license !== undefined && { license: owner.license }),
    optional: true,
    ...(os.length > 0 && { os }),
  } as Locked
}

function sorted(whole: Lockfile): Lockfile {
  const entries = Object.entries(whole.packages).sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...whole, packages: Object.fromEntries(entries) }
}
