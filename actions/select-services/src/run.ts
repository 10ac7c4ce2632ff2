import { CONFIG_FILE, readConfigFile, type Kit } from '@release-actions/action-kit'
import {
  knownName,
  loginOf,
  releaseOf,
  selectServices,
  type Choice,
  type Config,
  type ReleaseOf,
} from '@release-actions/config'
import { InvalidInput, markdownCode, markdownLine, markdownTable } from '@release-actions/values'
import { openChanges } from './changes.ts'
import type { SelectInputs } from './inputs.ts'

/** A service that is to be released, as a leg of a matrix. */
interface Leg extends ReleaseOf {
  /** From 1. */
  readonly wave: number
  readonly reason: string
}

/** Reads the file, asks what changed, and says which services are to be released, and in which order. */
export async function run(inputs: SelectInputs, kit: Kit): Promise<void> {
  const { context, outputs, log } = kit
  const config = await readConfigFile(context.workspace, inputs.config ?? CONFIG_FILE)
  const { environment } = inputs
  const environments = Object.keys(config.data.environments ?? {})
  if (environment !== undefined && environments.length > 0 && !environments.includes(environment)) {
    throw new InvalidInput(
      'environment',
      environment,
      `${knownName(environment, environments, 'environment')}`,
    )
  }
  const selection = selectServices(config, await choiceOf(inputs, kit, config))
  const waves = selection.waves.map((wave, at) =>
    wave.map(({ service, reason }): Leg => ({
      ...releaseOf(config, service, environment),
      wave: at + 1,
      reason,
    })),
  )
  const legs = waves.flat()
  outputs.setOwn('any', String(legs.length > 0))
  outputs.setOwn('services', JSON.stringify(legs.map(({ service }) => service)))
  outputs.setOwn('matrix', JSON.stringify({ include: legs }))
  outputs.setOwn('waves', JSON.stringify(waves.map((include) => ({ include }))))
  outputs.setOwn('login', loginOf(config, environment))
  const message = sentence(legs, selection.left)
  outputs.set({ message })
  log.line(message)
  log.group(
    'Why',
    legs.map(({ wave, service, reason }) => `${wave}. ${service}: ${reason}`),
  )
  kit.summarize(summary(message, legs))
}

/** @throws InvalidInput for names beside `changed` or `all` */
async function choiceOf(inputs: SelectInputs, kit: Kit, config: Config): Promise<Choice> {
  const [first, ...others] = inputs.services
  if (first !== 'changed' && first !== 'all') return { only: inputs.services }
  if (others.length > 0) {
    throw new InvalidInput('services', inputs.services.join(', '), 'changed, all, or names of services')
  }
  if (first === 'all') return {}
  return { changedPaths: await openChanges(inputs, kit, Object.keys(config.data.services)) }
}

function sentence(legs: readonly Leg[], left: readonly string[]): string {
  const all = legs.length + left.length
  if (legs.length === 0) return `none of ${all} services is to be released`
  return `${legs.length} of ${all} services ${legs.length === 1 ? 'is' : 'are'} to be released: ${legs.map(({ service }) => service).join(', ')}`
}

function summary(message: string, legs: readonly Leg[]): string {
  const rows = legs.map(({ wave, service, strategy, approval, reason }) => [
    String(wave),
    markdownCode(service),
    strategy,
    approval,
    markdownLine(reason),
  ])
  const table = markdownTable(['wave', 'service', 'strategy', 'approval', 'why'], rows)
  return [`### ${markdownLine(message)}`, ...(rows.length === 0 ? [] : [table])].join('\n\n')
}
