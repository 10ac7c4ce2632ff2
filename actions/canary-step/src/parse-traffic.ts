import { parseObjectName } from '@release-actions/action-kit'

/** What splits the traffic. */
export type TrafficInput =
  | { readonly kind: 'httproute'; readonly name: string; readonly text: string }
  | { readonly kind: 'replicas'; readonly text: string }

/** @throws InvalidInput */
export function parseTraffic(input: string, text: string): TrafficInput {
  if (text === 'replicas') return { kind: 'replicas', text }
  return { ...parseObjectName(input, text, [['httproute', 'an HTTPRoute']], ['replicas']), text }
}
