const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15,
  Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50,
} // prettier-ignore

/** A quantity as a number in its base unit (cores, bytes, pieces): `500m` → 0.5, `1Gi` → 1073741824. */
export function parseQuantity(quantity: string | number | undefined): number {
  if (quantity === undefined) return 0
  const matched = /^([+-]?[0-9.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(String(quantity))
  const factor = FACTORS[matched?.[2] ?? '']
  if (matched === null || factor === undefined) throw new Error(`"${quantity}" is not a quantity`)
  return Number(matched[1]) * factor
}
