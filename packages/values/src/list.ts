/**
 * Reads a list as users type it: one a line, comma-separated, or a YAML flow or block sequence of plain words.
 * Empty entries and quotes around an entry are dropped.
 */
export function parseList(text: string): readonly string[] {
  const trimmed = text.trim()
  const inner = trimmed.startsWith('[') && trimmed.endsWith(']') ? trimmed.slice(1, -1) : trimmed
  return inner
    .split(/[\n,]/)
    .map((entry) =>
      entry
        .trim()
        .replace(/^-\s+/, '')
        .replace(/^(['"])(.*)\1$/, '$2'),
    )
    .filter((entry) => entry !== '')
}
