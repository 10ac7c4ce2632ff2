/** Runs `work` over all items, `width` at a time, and gives the results in the order of the items. */
export async function inParallel<T, R>(
  width: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  async function lane(): Promise<void> {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at]
      if (item !== undefined) results[at] = await work(item)
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  return results
}

/** Numbers from 0 to below 1, the same ones for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * FAULTS=all plays everything, FAULTS=2/8 the second of eight shares of everything; else a part that is the same each
 * time: one from each of `most` equal stretches, and of a quarter of that with FAULTS=few.
 */
export function sample<T>(items: readonly T[], most: number, seed = 1): readonly T[] {
  const faults = process.env['FAULTS']
  const [, share, shares] = /^([0-9]+)\/([0-9]+)$/.exec(faults ?? '') ?? []
  if (share !== undefined) return items.filter((_, at) => at % Number(shares) === Number(share) - 1)
  const count = faults === 'few' ? Math.ceil(most / 4) : most
  if (faults === 'all' || items.length <= count) return items
  const random = seeded(seed)
  return Array.from({ length: count }, (_, part) => {
    const [from, to] = [
      Math.floor((part * items.length) / count),
      Math.floor(((part + 1) * items.length) / count),
    ]
    return items.slice(from, to)[Math.floor(random() * (to - from))]
  }).filter((item) => item !== undefined)
}

/**
 * With FAULTS=few one of them, another for another seed; else all of them. For what is combined with a {@link sample}: a
 * share of shares would leave most combinations out.
 */
export function oneOfFew<T>(items: readonly T[], seed: number): readonly T[] {
  return process.env['FAULTS'] === 'few' ? items.slice(seed % items.length).slice(0, 1) : items
}
