import { InvalidInput, nearest, parseImage } from '@release-actions/values'

/** Operating systems and processors that images are built for (Go's names for them). */
const SYSTEMS = ['linux', 'windows', 'darwin', 'freebsd', 'wasip1']
const PROCESSORS = [
  '386',
  'amd64',
  'arm',
  'arm64',
  'loong64',
  'mips64le',
  'ppc64le',
  'riscv64',
  's390x',
  'wasm',
]
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const DIGEST = /^sha256:[0-9a-f]{64}$/

/** One entry a line: entries may hold commas (`id=npm,env=NPM_TOKEN`). */
export function parseLines(_name: string, text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** `NAME=value` in each line. @throws InvalidInput */
export function parsePairs(name: string, text: string): readonly string[] {
  const lines = parseLines(name, text)
  const wrong = lines.find((line) => !/^[^\s=]+=/.test(line))
  if (wrong !== undefined) throw new InvalidInput(name, wrong, 'NAME=value, one a line')
  return lines
}

/** `id=NAME,env=VARIABLE` or `id=NAME,src=PATH`: where a secret is, never the secret. @throws InvalidInput */
export function parseSecrets(name: string, text: string): readonly string[] {
  const lines = parseLines(name, text)
  const wrong = lines.find((line) => !/^(?:type=(?:env|file),)?id=[^,=]+,(?:env|src)=[^,]+$/.test(line))
  // What was written may be the secret itself: it is not shown.
  if (wrong !== undefined)
    throw new InvalidInput(
      name,
      `line ${lines.indexOf(wrong) + 1}`,
      'id=NAME,env=VARIABLE or id=NAME,src=PATH, one a line',
    )
  return lines
}

/** `linux/amd64`, `linux/arm/v7` @throws InvalidInput */
export function parsePlatform(name: string, text: string): string {
  const [system = '', processor = '', variant, ...rest] = text.split('/')
  const known = SYSTEMS.includes(system) && PROCESSORS.includes(processor)
  if (known && rest.length === 0 && (variant === undefined || /^v\d+(\.\d+)?$/.test(variant))) return text
  const all = SYSTEMS.slice(0, 2).flatMap((one) => PROCESSORS.map((other) => `${one}/${other}`))
  const near = nearest(text, all)
  throw new InvalidInput(
    name,
    text,
    `a platform such as linux/amd64 or linux/arm64${near === undefined ? '' : `; did you mean ${near}?`}`,
  )
}

/** A repository without tag and digest. @throws InvalidInput */
export function parseRepository(name: string, text: string): string {
  const { repository, tag, digest } = parseImage(name, text)
  if (tag === undefined && digest === undefined) return repository
  throw new InvalidInput(name, text, `the repository alone, ${repository}: the tag is the input version`)
}

/** What a registry takes as a tag. @throws InvalidInput */
export function parseTag(name: string, text: string): string {
  if (TAG.test(text)) return text
  const hint = text.includes('+')
    ? '; a + of a semantic version is not allowed in a registry, write - instead'
    : ''
  throw new InvalidInput(
    name,
    text,
    `at most 128 letters, digits, dots, dashes and underscores, not beginning with a dot or a dash${hint}`,
  )
}

/** @throws InvalidInput */
export function parseDigest(name: string, text: string): string {
  if (DIGEST.test(text)) return text
  throw new InvalidInput(name, text, 'a digest: sha256: and 64 hexadecimal digits')
}
