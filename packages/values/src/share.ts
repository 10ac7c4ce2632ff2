import { InvalidInput } from './errors.ts'

/** A part of a whole, 0..1. */
export type Share = number
/** A part of a whole in per cent, 0–100. Weights and plans are in per cent, as users type them. */
export type Percent = number

/**
 * Reads a weight: `25` or `25%`; a whole number or a decimal of at most two places, 0–100.
 * @throws InvalidInput
 */
export function parsePercent(input: string, text: string): Percent {
  const matched = /^(\d{1,3}(?:\.\d{1,2})?)\s*%?$/.exec(text.trim())
  const value = matched === null ? NaN : Number(matched[1])
  if (!(value >= 0 && value <= 100)) throw new InvalidInput(input, text, 'a weight from 0 to 100, such as 25')
  return value
}

/** A share as people read it, in per cent: `4.2 %`, `0.03 %`, `25 %`. */
export function formatShare(share: Share): string {
  return formatPercent(share * 100)
}

/** `25 %`, `4.2 %`, `0.03 %`. */
export function formatPercent(percent: Percent): string {
  const digits = percent === 0 || Math.abs(percent) >= 10 ? 1 : Math.abs(percent) >= 0.1 ? 2 : 3
  return `${Number(percent.toFixed(digits))} %`
}
