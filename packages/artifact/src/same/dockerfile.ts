/** What a Dockerfile takes from elsewhere. */
export interface FromElsewhere {
  /** Images as they are named, with the arguments filled in. */
  readonly images: readonly string[]
  /** Why the same files may give another image; undefined: nothing says so. */
  readonly changing: string | undefined
}

/**
 * Reads the images that a Dockerfile builds on and copies from, and whether it fetches what may change. It follows
 * https://docs.docker.com/reference/dockerfile/ as far as that takes; a line that is read wrongly names an image that
 * does not resolve, and then nothing is taken for the same.
 * @param args `NAME=value`, as given to the build
 */
export function readDockerfile(text: string, args: readonly string[]): FromElsewhere {
  const values = new Map(args.map((arg) => [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)]))
  const given = new Set(values.keys())
  const stages = new Set<string>(['scratch'])
  const images = new Set<string>()
  let changing: string | undefined
  const take = (name: string): void => {
    const image = filledIn(name, values)
    if (!stages.has(image.toLowerCase()) && !/^\d+$/.test(image)) images.add(image)
  }
  const syntax = /^#\s*syntax\s*=\s*(\S+)/im.exec(text.split(/^\s*[^#\s]/m)[0] ?? '')?.[1]
  if (syntax !== undefined) images.add(syntax)
  let begun = false
  for (const line of instructions(text)) {
    const [, keyword = '', rest = ''] = /^(\w+)\s+([^]*)$/.exec(line) ?? []
    switch (keyword.toUpperCase()) {
      case 'ARG':
        // Only those before the first stage are seen by FROM lines.
        if (!begun)
          for (const word of rest.split(/\s+/)) {
            const [name = '', value] = word.split(/=(.*)/s)
            if (!given.has(name) && value !== undefined) values.set(name, filledIn(unquoted(value), values))
          }
        break
      case 'FROM': {
        begun = true
        const words = rest.split(/\s+/).filter((word) => !word.startsWith('--'))
        take(words[0] ?? '')
        if (words[1]?.toUpperCase() === 'AS' && words[2] !== undefined) stages.add(words[2].toLowerCase())
        break
      }
      case 'COPY':
      case 'RUN':
        for (const [, from = ''] of rest.matchAll(/(?:^|\s)--from=(\S+)|--mount=\S*?\bfrom=([^,\s]+)/g))
          take(from)
        for (const [, from = ''] of rest.matchAll(/--mount=\S*?\bfrom=([^,\s]+)/g)) take(from)
        break
      case 'ADD':
        if (/(^|\s)(https?:\/\/|git@|git:\/\/)/.test(rest) && !rest.includes('--checksum='))
          changing ??= `it adds ${rest.split(/\s+/).find((word) => /:\/\/|git@/.test(word)) ?? 'an address'} without a checksum`
        break
      default:
        break
    }
  }
  return { images: [...images].filter((image) => image !== ''), changing }
}

/** Lines joined where they go on, without comments. */
function instructions(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\[ \t]*\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** `$NAME`, `${NAME}`, `${NAME:-default}` */
function filledIn(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))/g,
    (_, braced: string | undefined, fallback: string | undefined, bare: string | undefined) => {
      const value = values.get(braced ?? bare ?? '')
      return value === undefined || value === '' ? (fallback ?? '') : value
    },
  )
}

function unquoted(value: string): string {
  return value.replace(/^(['"])(.*)\1$/s, '$2')
}
