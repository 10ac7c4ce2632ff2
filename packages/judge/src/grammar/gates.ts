import { nearest } from '@release-actions/values'
import type { Gate, Rules, Source } from '../gate.ts'
import { readYaml } from './document.ts'
import { goldenSignals, key, withRules, type Entry } from './preset.ts'
import { problem, readDuration, type Origin } from './problem.ts'
import { type At, readRules } from './rules.ts'
import { checkGate, checkPreset, isRecord, type RawGate } from './shape.ts'
import { readSource, SOURCE_KEYS, sourcesOf } from './sources/read.ts'

export interface GateOptions {
  /** Shown in messages, with the line. */
  readonly file?: string
  /** false: there is nothing to compare with, so relative rules are errors, and the preset leaves them out. */
  readonly baseline?: boolean
}

/** Gates from YAML text. @throws InvalidInput naming gate, key, value, what is legal, and the line */
export function readGates(input: string, text: string, options: GateOptions = {}): readonly Gate[] {
  if (text.trim() === '') return []
  const { data, origin } = readYaml(input, text, options.file)
  return gatesFromData(data, origin, options)
}

/** Gates from a configuration file that is parsed already. */
export function gatesFromData(data: unknown, origin: Origin, options: GateOptions = {}): readonly Gate[] {
  if (data === null || data === undefined) return []
  if (!Array.isArray(data)) throw problem(origin, [], data, 'a YAML list, one gate for each "- "')
  const baseline = options.baseline ?? true
  return unique(entries(data, origin, baseline), origin).map((entry) => build(entry, origin, baseline))
}

function entries(data: readonly unknown[], origin: Origin, baseline: boolean): readonly Entry[] {
  const presets = data.flatMap((item, i): readonly Entry[] => {
    if (!(isRecord(item) && 'preset' in item)) return []
    return goldenSignals(checkPreset(origin, [i], item), [i], origin, baseline)
  })
  return data.reduce<readonly Entry[]>((before, item, i) => {
    if (isRecord(item) && 'preset' in item) return before
    const raw = checkGate(origin, [i], item)
    const index = before.findIndex(
      ({ preset, raw: { name } }) => preset && key(name ?? '') === key(raw.name ?? ''),
    )
    const found = before[index]
    if (found === undefined)
      return [...before, { raw, at: (name) => (name === '' ? [i] : [i, name]), preset: false }]
    return before.with(index, override(found, raw, i))
  }, presets)
}

/** A gate with the name of one of the preset's takes its place; without a source it changes its rules. */
function override(found: Entry, raw: RawGate, index: number): Entry {
  if (sourcesOf(raw).length > 0)
    return { raw, at: (name) => (name === '' ? [index] : [index, name]), preset: false }
  const rules = Object.fromEntries(Object.entries(raw).filter(([name]) => name !== 'name'))
  const written = Object.keys(rules)
  return {
    raw: withRules(found.raw, rules),
    at: (name) => (written.includes(name) ? [index, name] : found.at(name)),
    preset: false,
  }
}

function unique(list: readonly Entry[], origin: Origin): readonly Entry[] {
  const seen = new Set<string>()
  for (const { raw, at } of list) {
    if (raw.name === undefined || raw.name.trim() === '')
      throw problem(origin, at('name'), raw.name, 'a name for the gate')
    if (raw.name.length > 80) throw problem(origin, at('name'), raw.name, 'a name of at most 80 characters')
    if (seen.has(key(raw.name))) throw problem(origin, at('name'), raw.name, 'a name that no other gate has')
    seen.add(key(raw.name))
  }
  return list
}

function build({ raw, at }: Entry, origin: Origin, baseline: boolean): Gate {
  const read = readSource(raw, origin, at)
  if (read === undefined) {
    throw problem(
      origin,
      at(''),
      Object.keys(raw),
      `one source with it: ${SOURCE_KEYS.join(', ')}${guess(raw)}`,
    )
  }
  const { rules, unit } = readRules(raw, {
    origin,
    at,
    sourceUnit: read.unit,
    declaredUnit: raw.unit,
    defaults: read.defaults,
    noBaseline: read.noBaseline ?? (baseline ? undefined : 'here there is no baseline to compare with'),
  })
  refuseUnbreakable(read.source, rules, origin, at)
  return {
    name: (raw.name ?? '').trim(),
    source: read.source,
    unit,
    rules,
    interval: raw.interval === undefined ? undefined : readDuration(origin, at('interval'), raw.interval),
  }
}

/** A probe is 1 or 0: a rule that both keep, such as max: 1 for "one may fail", would pass when nothing answers. */
function refuseUnbreakable(source: Source, { limits }: Rules, origin: Origin, at: At): void {
  if (source.kind !== 'http' || source.signal !== 'up') return
  const kept = limits.every(
    ({ kind, value }) => (kind === 'max' && value >= 0) || (kind === 'min' && value <= 0),
  )
  const [first] = limits
  if (!kept || first === undefined) return
  const legal = 'no limit: every request must succeed; failure-limit says how many samples may fail'
  throw problem(origin, at(first.kind), first.value, legal)
}

function guess(raw: RawGate): string {
  const close = nearest(raw.name ?? '', ['error rate', 'p99 latency', 'restarts', 'readiness'])
  return close === undefined ? '' : ' (or preset: golden-signals, whose gate of this name it would change)'
}
