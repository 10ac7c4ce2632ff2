/**
 * Lets the names of our classes outlive the minifiers: `error.name` is what people read. esbuild's keepNames does it for
 * every function too, and a bundle is a fifth larger for it.
 */

/** On the same line, so that positions in messages stay true. */
export function withNames(source: string): string {
  return source.replace(
    /^(?:export )?(?:abstract )?class (\w+)[^{\n]*\{/gm,
    (head, name: string) => `${head} static { Object.defineProperty(this, 'name', { value: '${name}' }) }`,
  )
}
