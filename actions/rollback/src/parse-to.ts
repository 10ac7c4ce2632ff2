import type { To } from '@release-actions/release'
import { InvalidInput, nearest } from '@release-actions/values'

const LEGAL = 'previous, version:1.3.2 or deployment:41'

/** What to go back to. @throws InvalidInput */
export function parseTo(input: string, text: string): To {
  if (text === 'previous') return { kind: 'previous' }
  const [, kind = text, value = ''] = /^([a-z]+):(.*)$/s.exec(text) ?? []
  if (kind === 'version' && value.trim() !== '') return { kind, version: value.trim() }
  if (kind === 'deployment') {
    if (!/^\d{1,15}$/.test(value) || Number(value) === 0)
      throw new InvalidInput(input, text, 'deployment: and the number of a GitHub Deployment')
    return { kind, id: Number(value) }
  }
  const near = nearest(kind, ['previous', 'version', 'deployment'])
  throw new InvalidInput(input, text, near === undefined ? LEGAL : `${LEGAL}; did you mean ${near}?`)
}
