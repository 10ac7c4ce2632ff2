/**
 * The known name that is nearest to a mistyped one, for "did you mean": at most a third of its letters differ.
 * Optimal string alignment distance, three rows.
 */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Infinity
  for (const name of known) {
    const d = distance(typed.toLowerCase(), name.toLowerCase())
    if (d < least) [best, least] = [name, d]
  }
  return best !== undefined && least <= Math.max(1, Math.floor(Math.max(typed.length, best.length) / 3))
    ? best
    : undefined
}

/** Two neighbours that changed places count once: it is the commonest slip of all. */
function distance(a: string, b: string): number {
  let before: readonly number[] = []
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const turned = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const other = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1))
      next.push(turned ? Math.min(other, (before[j - 2] ?? 0) + 1) : other)
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}
