import { InvalidInput, nearest } from '@release-actions/values'

/**
 * `kind/NAME`, as inputs name an object of the cluster.
 * @param kinds the legal kinds, each with what it is called in an error: `[['httproute', 'an HTTPRoute']]`
 * @param others legal texts without a name
 * @throws InvalidInput
 */
export function parseObjectName<K extends string>(
  input: string,
  text: string,
  kinds: readonly (readonly [kind: K, called: string])[],
  others: readonly string[] = [],
): { readonly kind: K; readonly name: string } {
  const slash = text.indexOf('/')
  const written = slash < 0 ? text : text.slice(0, slash)
  const name = slash < 0 ? '' : text.slice(slash + 1)
  const found = kinds.find(([kind]) => kind === written)
  if (found === undefined) {
    const known = kinds.map(([kind]) => kind)
    const legal = [...known.map((each) => `${each}/NAME`), ...others].join(' or ')
    const near = nearest(written, [...known, ...others])
    throw new InvalidInput(input, text, near === undefined ? legal : `${legal}; did you mean ${near}?`)
  }
  const [kind, called] = found
  if (!/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(name))
    throw new InvalidInput(input, text, `${kind}/ and the name of ${called}`)
  return { kind, name }
}
