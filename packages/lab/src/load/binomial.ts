/** How far a measured share may lie from the weight, by chance alone. */

export interface BinomialBounds {
  /** Counts, both included. */
  readonly least: number
  readonly most: number
}

/**
 * The central range that a binomial count lies in with at least `confidence`: exact, from the distribution's own
 * quantiles (no normal approximation), each tail holding at most (1 − confidence) / 2. Probabilities are summed as
 * P(k+1) = P(k) · (n−k)/(k+1) · p/(1−p), in logarithms; https://en.wikipedia.org/wiki/Binomial_distribution
 * @param n how many requests
 * @param p the share expected, 0..1
 * @param confidence 0..1: 0.999
 */
export function binomialBounds(n: number, p: number, confidence: number): BinomialBounds {
  if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`n is a whole number from 0, not ${n}`)
  if (!(p >= 0 && p <= 1)) throw new RangeError(`p is a share from 0 to 1, not ${p}`)
  if (!(confidence > 0 && confidence < 1))
    throw new RangeError(`confidence lies between 0 and 1, not ${confidence}`)
  const tail = (1 - confidence) / 2
  const least = lowerQuantile(n, p, tail)
  return { least, most: n - lowerQuantile(n, 1 - p, tail) }
}

/** The largest k with P(X < k) ≤ tail. */
function lowerQuantile(n: number, p: number, tail: number): number {
  if (p === 0 || p === 1) return p === 0 ? 0 : n
  const odds = Math.log(p) - Math.log1p(-p)
  let log = n * Math.log1p(-p)
  let below = 0
  for (let k = 0; k < n; k++) {
    below += Math.exp(log)
    if (below > tail) return k
    log += Math.log(n - k) - Math.log(k + 1) + odds
  }
  return n
}

/** Whether `seen` of `n` is what a share of `p` may look like. */
export function withinBinomial(seen: number, n: number, p: number, confidence = 0.999): boolean {
  const { least, most } = binomialBounds(n, p, confidence)
  return seen >= least && seen <= most
}
