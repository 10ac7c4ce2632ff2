import { InvalidInput, nearest } from '@release-actions/values'

/** What splits the traffic. */
export type TrafficInput =
  | { readonly kind: 'httproute'; readonly name: string; readonly text: string }
  | { readonly kind: 'replicas'; readonly text: string }

const LEGAL = 'httproute/NAME or replicas'

/** @throws InvalidInput */
export function parseTraffic(input: string, text: string): TrafficInput {
  if (text === 'replicas') return { kind: 'replicas', text }
  const slash = text.indexOf('/')
  const kind = slash < 0 ? text : text.slice(0, slash)
  const name = slash < 0 ? '' : text.slice(slash + 1)
  if (kind !== 'httproute') {
    const near = nearest(kind, ['httproute', 'replicas'])
    throw new InvalidInput(input, text, near === undefined ? LEGAL : `${LEGAL}; did you mean ${near}?`)
  }
  if (!/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(name))
    throw new InvalidInput(input, text, 'httproute/ and the name of an HTTPRoute')
  return { kind, name, text }
}
