import type { Keep } from '@release-actions/release'
import { InvalidInput, parseDuration } from '@release-actions/values'

/** How long the old colour stays up: a duration, or `forever`. @throws InvalidInput */
export function parseKeep(name: string, text: string): Keep {
  if (text === 'forever') return 'forever'
  try {
    return parseDuration(name, text)
  } catch (cause) {
    throw new InvalidInput(name, text, 'a duration such as 1h, 0s for none, or forever', { cause })
  }
}
