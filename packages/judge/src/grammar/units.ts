import { parseDuration, type Milliseconds } from '@release-actions/values'
import type { LimitKind, Unit } from '../gate.ts'

/** A limit as it was typed, taken apart: `5%`, `1000ms`, `1pp`, `0.05`. */
export type Typed =
  | { readonly kind: 'number'; readonly value: number }
  /** 0..1 */
  | { readonly kind: 'share'; readonly value: number }
  /** A difference of shares, 0..1. */
  | { readonly kind: 'points'; readonly value: number }
  | { readonly kind: 'time'; readonly value: Milliseconds }
  | { readonly kind: 'bytes'; readonly value: number }

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
}
const TIMES: Readonly<Record<string, Milliseconds>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** undefined: not a limit at all. */
export function readTyped(raw: number | string): Typed | undefined {
  if (typeof raw === 'number') return Number.isFinite(raw) ? { kind: 'number', value: raw } : undefined
  const matched = /^([+-]?\d+(?:\.\d+)?)\s*([A-Za-zµ%]*)$/.exec(raw.trim())
  if (matched === null) return compound(raw)
  const value = Number(matched[1])
  const unit = (matched[2] ?? '').replace('µ', 'u')
  const [time, bytes] = [TIMES[unit], BYTES[unit]]
  if (unit === '') return { kind: 'number', value }
  if (unit === '%') return { kind: 'share', value: value / 100 }
  if (unit === 'pp') return { kind: 'points', value: value / 100 }
  if (time !== undefined) return { kind: 'time', value: value * time }
  return bytes === undefined ? undefined : { kind: 'bytes', value: value * bytes }
}

/** `1m30s` */
function compound(raw: string): Typed | undefined {
  try {
    return { kind: 'time', value: parseDuration('', raw) }
  } catch {
    return undefined
  }
}

/** What a limit is in its gate's unit, or the end of the sentence "use …". */
export type Converted = { readonly value: number } | { readonly legal: string }

export function convert(kind: LimitKind, typed: Typed, unit: Unit | undefined): Converted {
  switch (kind) {
    case 'max-increase':
    case 'max-decrease':
      return ratio(kind, typed)
    case 'max-delta':
    case 'min-delta':
      if (typed.kind === 'share') {
        return {
          legal: `percentage points (${trim(typed.value * 100)}pp) for a difference of shares, or max-increase for a ratio`,
        }
      }
      return inUnit(kind, typed, unit)
    case 'max':
    case 'min':
      if (typed.kind === 'points')
        return { legal: `${trim(typed.value * 100)}%: pp is for max-delta and min-delta` }
      return inUnit(kind, typed, unit)
  }
}

function ratio(kind: LimitKind, typed: Typed): Converted {
  const legal = `a ratio to the baseline such as 20% or 0.2${kind === 'max-increase' ? '; more than double is written 150%' : ', at most 100%'}`
  const plain = typed.kind === 'number' && typed.value < 1
  if (!(plain || typed.kind === 'share') || typed.value < 0) return { legal }
  return kind === 'max-decrease' && typed.value > 1 ? { legal } : { value: typed.value }
}

function inUnit(kind: LimitKind, typed: Typed, unit: Unit | undefined): Converted {
  const { value } = typed
  const delta = kind === 'max-delta' || kind === 'min-delta'
  switch (unit) {
    case 'share':
      // A bare 1 is the whole: right for a least share, but as a most share it means 1 % and would never be broken.
      if (typed.kind === 'number' && (Math.abs(value) > 1 || (Math.abs(value) === 1 && kind !== 'min'))) {
        return { legal: `a share: ${trim(value)}${delta ? 'pp' : '%'}, or ${trim(value / 100)}` }
      }
      return typed.kind === 'time' || typed.kind === 'bytes' ? { legal: legalFor(unit, delta) } : { value }
    case '%':
      if (typed.kind === 'number') return { value }
      return typed.kind === 'time' || typed.kind === 'bytes'
        ? { legal: legalFor(unit, delta) }
        : { value: value * 100 }
    case 's':
    case 'ms':
    case 'us':
      if (typed.kind === 'number') return { value }
      return typed.kind === 'time'
        ? { value: value / { s: 1000, ms: 1, us: 0.001 }[unit] }
        : { legal: legalFor(unit, delta) }
    case 'B':
      return typed.kind === 'number' || typed.kind === 'bytes' ? { value } : { legal: legalFor(unit, delta) }
    case undefined:
      if (typed.kind === 'number') return { value }
      return typed.kind === 'time'
        ? { legal: 'a plain number, or say what the value counts with unit: s, unit: ms or unit: us' }
        : { legal: 'a plain number, or say what the value counts with unit: share, % or B' }
  }
}

function legalFor(unit: Unit, delta: boolean): string {
  switch (unit) {
    case 'share':
      return delta ? 'percentage points such as 1pp' : 'a share such as 5% or 0.05: the value is a share'
    case '%':
      return delta ? 'percentage points such as 1pp' : 'a percentage such as 90 or 90%'
    case 's':
    case 'ms':
    case 'us':
      return `a time such as 1s or 250ms: the value is in ${unit}`
    case 'B':
      return 'a size such as 512MiB: the value is in bytes'
  }
}

/**
 * The unit of a gate that names none and whose source has none of its own: a share, when a limit was typed as one.
 */
export function inferUnit(typed: readonly (readonly [LimitKind, Typed])[]): Unit | undefined {
  const shares = typed.some(([kind, { kind: how }]) => {
    if (kind === 'max-increase' || kind === 'max-decrease') return false
    return how === 'share' || how === 'points'
  })
  if (shares) return 'share'
  return typed.some(([, { kind }]) => kind === 'bytes') ? 'B' : undefined
}

function trim(value: number): string {
  return String(Number(value.toPrecision(6)))
}
