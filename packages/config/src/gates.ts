import { parseGateData, type Path } from '@release-actions/judge'
import { InvalidInput } from '@release-actions/values'
import { own } from './layers.ts'
import { nameOf, type Source } from './problem.ts'
import { GATE_KEYS, levelsOf } from './references.ts'
import type { RawConfig } from './schema.ts'

/** A gate as the grammar reads it, and where in the file it was written. */
interface Written {
  readonly data: Readonly<Record<string, unknown>>
  readonly path: Path
}

type Entries = readonly (string | Readonly<Record<string, unknown>>)[]

/** The gates of a list, with those that are named in place of their names. */
function writtenGates(data: RawConfig, entries: Entries, path: Path): readonly Written[] {
  return entries.map((entry, at) => {
    if (typeof entry !== 'string') return { data: entry, path: [...path, at] }
    const gate = own(data.gates, entry) ?? {}
    return { data: 'preset' in gate ? gate : { name: entry, ...gate }, path: ['gates', entry] }
  })
}

/** A list of gates as the inputs of the actions take it: YAML, of which JSON is a part. */
export function gatesText(data: RawConfig, entries: Entries, path: Path): string {
  return JSON.stringify(
    writtenGates(data, entries, path).map((gate) => gate.data),
    undefined,
    1,
  )
}

/** What the grammar of the gates says against them, with file, line and the name of the key. */
export async function gateErrors(
  config: Source & { readonly data: RawConfig },
): Promise<readonly InvalidInput[]> {
  const { data } = config
  const lists = levelsOf(data).flatMap(({ path, settings }) =>
    GATE_KEYS.flatMap((key) => {
      const entries = settings[key]
      return entries === undefined ? [] : [writtenGates(data, entries, [...path, key])]
    }),
  )
  // What no list names is held against the grammar alone: it will be named one day.
  const used = new Set(lists.flat().map(({ path }) => nameOf(path)))
  const alone = Object.keys(data.gates ?? {})
    .map((name) => writtenGates(data, [name], []))
    .filter((list) => list.every(({ path }) => !used.has(nameOf(path))))
  const errors = await Promise.all([...lists, ...alone].map((list) => errorIn(config, list)))
  const seen = new Set<string>()
  return errors.filter((error): error is InvalidInput => {
    if (error === undefined || seen.has(error.message)) return false
    seen.add(error.message)
    return true
  })
}

async function errorIn(
  { file, document }: Source,
  list: readonly Written[],
): Promise<InvalidInput | undefined> {
  const inFile = ([first, ...rest]: Path): Path => [
    ...((typeof first === 'number' ? list[first]?.path : undefined) ?? list[0]?.path.slice(0, -1) ?? []),
    ...rest,
  ]
  const origin = {
    input: 'gates',
    file,
    line: (path: Path) => document.place(inFile(path)).line,
    called: (path: Path) => nameOf(inFile(path)),
  }
  try {
    await parseGateData(
      list.map(({ data }) => data),
      origin,
    )
    return undefined
  } catch (error) {
    if (error instanceof InvalidInput) return error
    throw error
  }
}
