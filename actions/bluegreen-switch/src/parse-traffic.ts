import { parseObjectName } from '@release-actions/action-kit'

/** What says which colour serves. */
export interface TrafficInput {
  readonly kind: 'service' | 'httproute'
  readonly name: string
  /** As the user wrote it. */
  readonly text: string
}

const KINDS = [
  ['service', 'a Service'],
  ['httproute', 'an HTTPRoute'],
] as const

/** @throws InvalidInput */
export function parseTraffic(input: string, text: string): TrafficInput {
  return { ...parseObjectName(input, text, KINDS), text }
}
