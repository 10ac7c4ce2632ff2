/**
 * Whether a path is meant by patterns as workflows write them in `on.push.paths`: `*` within a folder, `**` across
 * folders, `?` one character, `[abc]` one of them; a folder means all that is in it; `!` takes away again what an
 * earlier pattern gave, and the last pattern that matches counts.
 * @param path from the root of the repository, with slashes
 */
export function matches(path: string, patterns: readonly string[]): boolean {
  return patterns.reduce((meant, pattern) => {
    const not = pattern.startsWith('!')
    return expression(not ? pattern.slice(1) : pattern).test(path) ? !not : meant
  }, false)
}

function expression(pattern: string): RegExp {
  const clean = pattern.replace(/^\.?\/+/, '').replace(/\/+$/, '')
  const source = clean.replace(/\*\*\/|\/\*\*$|\*\*|\*|\?|\[[^\]/]+\]|[^*?[]+|\[/g, (part) => {
    switch (part) {
      case '**/':
        return '(?:.*/)?'
      case '/**':
        return '/.+'
      case '**':
        return '.*'
      case '*':
        return '[^/]*'
      case '?':
        return '[^/]'
      default:
        return /^\[.+\]$/.test(part) ? characters(part) : part.replace(/[\\^$.|+(){}[\]/-]/g, '\\$&')
    }
  })
  return new RegExp(`^${source}(?:/.*)?$`, 'u')
}

/** `[a-z0-9]`, and `[!a-z]` as globs have it. Only ranges and plain characters: nothing else of a pattern's syntax. */
function characters(part: string): string {
  const inner = part.slice(1, -1)
  const not = inner.startsWith('!') || inner.startsWith('^')
  const plain = (not ? inner.slice(1) : inner).replace(/[\\^\]&~|]/g, '\\$&')
  return `[${not ? '^/' : ''}${plain}]`
}
