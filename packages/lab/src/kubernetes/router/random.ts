/** Draws numbers from 0 (included) to 1. */
export type Random = () => number

/** A seeded generator: the same seed draws the same numbers. Mulberry32, by Tommy Ettinger (public domain). */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One of several, each with its share of the weights' sum; undefined when all weights are 0. */
export function drawn<T extends { readonly weight: number }>(
  from: readonly T[],
  random: Random,
): T | undefined {
  const total = from.reduce((sum, { weight }) => sum + weight, 0)
  let left = random() * total
  return total === 0
    ? undefined
    : (from.find(({ weight }) => (left -= weight) < 0) ?? from.findLast(({ weight }) => weight > 0))
}
