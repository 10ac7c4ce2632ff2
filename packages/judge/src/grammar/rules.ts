import { LIMIT_KINDS, type Limit, type LimitKind, type Rules, type Unit } from '../gate.ts'
import { problem, type Origin, type Path } from './problem.ts'
import type { RawRules } from './shape.ts'
import { convert, inferUnit, readTyped, type Typed } from './units.ts'

/** Where each key of a gate was written: overrides of a preset come from elsewhere than the gate. */
export type At = (key: string) => Path

export interface RuleContext {
  readonly origin: Origin
  readonly at: At
  /** What the source's value counts, when the source says so itself. */
  readonly sourceUnit: Unit | undefined
  readonly declaredUnit: Unit | undefined
  /** The limits that hold when none is written. */
  readonly defaults: readonly Limit[]
  /** Why this gate cannot be compared with a baseline; undefined: it can. */
  readonly noBaseline: string | undefined
}

/** @throws InvalidInput naming the rule's key */
export function readRules(raw: RawRules, context: RuleContext): { rules: Rules; unit: Unit | undefined } {
  const { origin, at, sourceUnit, declaredUnit } = context
  if (sourceUnit !== undefined && declaredUnit !== undefined && sourceUnit !== declaredUnit) {
    throw problem(
      origin,
      at('unit'),
      declaredUnit,
      `${sourceUnit}, which is what this source counts, or leave unit out`,
    )
  }
  const typed = LIMIT_KINDS.flatMap((kind): readonly (readonly [LimitKind, Typed])[] => {
    const value = raw[kind]
    if (value === undefined) return []
    const read = readTyped(value)
    if (read === undefined)
      throw problem(origin, at(kind), value, 'a limit such as 5%, 0.05, 1pp, 250ms or 90')
    return [[kind, read]]
  })
  const unit = sourceUnit ?? declaredUnit ?? inferUnit(typed)
  const limits = typed.map(([kind, read]): Limit => {
    if (kind !== 'max' && kind !== 'min' && context.noBaseline !== undefined) {
      throw problem(origin, at(kind), raw[kind], `max or min: ${context.noBaseline}`)
    }
    const converted = convert(kind, read, unit)
    if ('legal' in converted) throw problem(origin, at(kind), raw[kind], converted.legal)
    return { kind, value: converted.value }
  })
  const floor = readFloor(raw, limits, unit, context)
  ordered(raw, limits, 'min', 'max', context)
  ordered(raw, limits, 'min-delta', 'max-delta', context)
  const consecutiveSuccesses = whole(raw, 'consecutive-successes', 1, context)
  const effective = limits.length > 0 ? withFloor(limits, floor) : context.defaults
  if (effective.length === 0) {
    throw problem(origin, at(''), 'no rule', `at least one of ${LIMIT_KINDS.join(', ')}`)
  }
  return {
    unit,
    rules: {
      limits: effective,
      consecutiveSuccesses,
      failureLimit: whole(raw, 'failure-limit', 0, context) ?? 0,
      errorLimit: whole(raw, 'error-limit', 0, context) ?? 4,
      minSamples: whole(raw, 'min-samples', 1, context) ?? 1,
      enforce: raw.enforce ?? true,
      onInconclusive: raw['on-inconclusive'] ?? 'fail',
    },
  }
}

/** A baseline below this counts as this, for the limits that are ratios to it. */
function readFloor(
  raw: RawRules,
  limits: readonly Limit[],
  unit: Unit | undefined,
  { origin, at }: RuleContext,
): number | undefined {
  const written = raw['baseline-floor']
  if (written === undefined) return undefined
  if (!limits.some(isRatio)) {
    throw problem(origin, at('baseline-floor'), written, 'it with max-increase or max-decrease')
  }
  const typed = readTyped(written)
  const converted =
    typed === undefined ? { legal: 'a value such as 100ms or 1%' } : convert('max', typed, unit)
  if ('legal' in converted) throw problem(origin, at('baseline-floor'), written, converted.legal)
  if (!(converted.value > 0)) throw problem(origin, at('baseline-floor'), written, 'a value above 0')
  return converted.value
}

function withFloor(limits: readonly Limit[], floor: number | undefined): readonly Limit[] {
  if (floor === undefined) return limits
  return limits.map((limit) => (isRatio(limit) ? { ...limit, floor } : limit))
}

function isRatio({ kind }: Limit): boolean {
  return kind === 'max-increase' || kind === 'max-decrease'
}

function ordered(
  raw: RawRules,
  limits: readonly Limit[],
  low: LimitKind,
  high: LimitKind,
  context: RuleContext,
): void {
  const of = (kind: LimitKind): number | undefined => limits.find((limit) => limit.kind === kind)?.value
  const [least, most] = [of(low), of(high)]
  if (least !== undefined && most !== undefined && least > most) {
    throw problem(
      context.origin,
      context.at(low),
      raw[low],
      `a ${low} that is not above ${high} (${String(raw[high])})`,
    )
  }
}

type CountKey = 'consecutive-successes' | 'failure-limit' | 'error-limit' | 'min-samples'

function whole(raw: RawRules, key: CountKey, least: number, context: RuleContext): number | undefined {
  const value = raw[key]
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= least)) {
    throw problem(context.origin, context.at(key), value, `a whole number of at least ${least}`)
  }
  return value
}
