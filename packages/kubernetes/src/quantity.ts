const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** A Kubernetes quantity (`250m`, `128Mi`, `1e3`) as a number: cores or bytes. undefined when it is none. */
export function parseQuantity(text: string | undefined): number | undefined {
  const matched = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(
    text?.trim() ?? '',
  )
  const factor = FACTORS[matched?.[2] ?? '']
  return matched === null || factor === undefined ? undefined : Number(matched[1]) * factor
}
