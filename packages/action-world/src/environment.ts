import { InvalidInput } from '@release-actions/values'

/**
 * The GitHub environment that is released to; undefined only where nothing is recorded.
 * @throws InvalidInput: a release without a record must be asked for
 */
export function environmentOf(inputs: {
  readonly record: boolean
  readonly environment: string | undefined
  readonly token: string | undefined
}): string | undefined {
  if (inputs.record && inputs.environment === undefined) {
    throw new InvalidInput(
      'environment',
      undefined,
      'the GitHub environment that is released to, or record: false',
    )
  }
  if (inputs.record && inputs.token === undefined) {
    throw new InvalidInput('token', undefined, '${{ github.token }}, or record: false')
  }
  return inputs.environment
}
