import { InvalidInput } from '@release-actions/values'

/** A label that the canary's pods get: `key=value`. @throws InvalidInput */
export function parseLabel(name: string, text: string): readonly [key: string, value: string] {
  const matched =
    /^((?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)=([A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)$/.exec(
      text,
    )
  const [, key, value] = matched ?? []
  if (key === undefined || value === undefined)
    throw new InvalidInput(name, text, 'labels such as app=shop-canary')
  return [key, value]
}
