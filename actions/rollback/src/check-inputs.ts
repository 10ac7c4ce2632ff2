import { environmentOf } from '@release-actions/action-world'
import { InvalidInput } from '@release-actions/values'
import { checkTimes, type RollbackInputs } from './inputs.ts'

/**
 * Refuses what cannot be meant, before anything is loaded that only a rollback needs. Gates and hooks, which are YAML,
 * are read later, and before anything is touched.
 * @throws InvalidInput
 */
export function checkInputs(inputs: RollbackInputs): void {
  environmentOf(inputs)
  checkTimes(inputs)
  const services = servicesOf(inputs)
  assertOne(inputs, services === 'all' ? ['all', 'of them'] : services)
  if (inputs.onlyOwn && !inputs.abort)
    throw new InvalidInput(
      'only-own',
      'true',
      'false, or abort: true with it: only what is in flight is of a run',
    )
}

/** @throws InvalidInput */
export function servicesOf({ services, workload }: RollbackInputs): readonly string[] | 'all' {
  const named = services ?? (workload === undefined ? [] : [workload])
  if (named.length === 0)
    throw new InvalidInput('services', undefined, 'the services to take back, or all of the environment')
  if (!named.includes('all')) return [...new Set(named)]
  if (named.length > 1)
    throw new InvalidInput('services', named.join(', '), 'all alone, or a list of services')
  return 'all'
}

/** @throws InvalidInput: what is of one workload is given for several services */
function assertOne(inputs: RollbackInputs, services: readonly string[]): void {
  if (services.length < 2) return
  const given = (['workload', 'container', 'traffic'] as const).find((name) => inputs[name] !== undefined)
  if (given !== undefined)
    throw new InvalidInput(
      given,
      inputs[given],
      `${given} with one service only (there are ${services.join(', ')})`,
    )
}
