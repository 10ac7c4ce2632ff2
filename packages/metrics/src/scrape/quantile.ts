/** A classic histogram's bucket: observations of at most `le`. */
export interface Bucket {
  readonly le: number
  /** Cumulative. */
  readonly count: number
}

export type Quantile =
  | { readonly kind: 'value'; readonly value: number; readonly bound?: 'at-least' }
  | { readonly kind: 'none'; readonly why: string }

/**
 * The φ-quantile of a classic histogram, by linear interpolation inside the bucket it falls into, as PromQL's
 * histogram_quantile does it (https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile;
 * bucketQuantile in promql/quantile.go): the first bucket starts at 0 when its bound is positive, counts are made
 * monotonic. Unlike there, a quantile in the +Inf bucket is marked: the true value is the last bound or more.
 * @param q 0..1
 */
export function bucketQuantile(q: number, list: readonly Bucket[]): Quantile {
  const buckets = monotonic([...list].filter(({ le }) => !Number.isNaN(le)).sort((a, b) => a.le - b.le))
  const last = buckets.at(-1)
  if (last === undefined || last.le !== Infinity)
    return { kind: 'none', why: 'the histogram has no bucket le="+Inf"' }
  if (buckets.length < 2) return { kind: 'none', why: 'the histogram has no bucket but le="+Inf"' }
  if (last.count === 0) return { kind: 'none', why: 'the histogram has no observation' }
  const rank = q * last.count
  const at = buckets.findIndex(({ count }) => count >= rank)
  const bucket = buckets[at] ?? last
  const below = buckets[at - 1]
  if (bucket === last) return { kind: 'value', value: buckets.at(-2)?.le ?? 0, bound: 'at-least' }
  if (below === undefined && bucket.le <= 0) return { kind: 'value', value: bucket.le }
  const start = below?.le ?? 0
  const inside = bucket.count - (below?.count ?? 0)
  const share = inside === 0 ? 1 : (rank - (below?.count ?? 0)) / inside
  return { kind: 'value', value: start + (bucket.le - start) * share }
}

/** Scrapes of several pods, or of one while it counts, may disagree a little. */
function monotonic(buckets: readonly Bucket[]): readonly Bucket[] {
  let most = 0
  return buckets.map(({ le, count }) => {
    most = Math.max(most, count)
    return { le, count: most }
  })
}
