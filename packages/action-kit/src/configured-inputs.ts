import { resolveInputs, type Action, type Config, type Question } from '@release-actions/config'
import { InvalidInput, messageOf, parseList } from '@release-actions/values'
import { CONFIG_FILE, NOT_CONFIGURED, workspaceOf, type Configuration } from './configuration.ts'
import { readConfigFile, textOfFile } from './config-file.ts'
import { givenText } from './given-text.ts'
import type { InputSpecs } from './inputs.ts'

/** What the configuration file gives to this step. Loaded only where there is one. */
export async function configuredInputs(
  action: Action,
  specs: InputSpecs,
  env: NodeJS.ProcessEnv,
  path = CONFIG_FILE,
): Promise<Configuration> {
  try {
    return await fromFile(action, specs, env, path)
  } catch (error) {
    // The way back is not blocked by a mistake in a file, unless that file chooses the cluster to go back in.
    if (action !== 'rollback' || givenText('config', env) !== undefined || choosesCluster(env, path))
      throw error
    return { ...NOT_CONFIGURED, warning: `the rollback goes on without ${path}: ${messageOf(error)}` }
  }
}

function choosesCluster(env: NodeJS.ProcessEnv, path: string): boolean {
  return (
    givenText('kube-context', env) === undefined &&
    textOfFile(workspaceOf(env), path).includes('kube-context')
  )
}

async function fromFile(
  action: Action,
  specs: InputSpecs,
  env: NodeJS.ProcessEnv,
  path: string,
): Promise<Configuration> {
  const config = await readConfigFile(workspaceOf(env), path)
  const given = new Map(
    Object.keys(specs).flatMap((name) => {
      const text = givenText(name, env)
      return text === undefined ? [] : [[name, text] as const]
    }),
  )
  const asked = servicesOf(given, config)
  const { service } = asked
  const environment = given.get('environment')
  const known = new Set(Object.keys(specs))
  const inputs = resolveInputs(config, { action, ...asked, environment, given, known })
  return {
    inputs,
    advice: (input) => `give ${input}, or write it in ${config.file} under services.${service ?? ''}`,
  }
}

/** The service that a step is about; of a rollback of several, which the environment configures, all that are meant. */
function servicesOf(
  given: ReadonlyMap<string, string>,
  { file, data }: Config,
): Pick<Question, 'service' | 'services'> {
  const service = given.get('service')
  if (service !== undefined) return { service }
  const [first, ...others] = parseList(given.get('services') ?? '')
  if (first === undefined) {
    const known = Object.keys(data.services).join(', ')
    throw new InvalidInput('service', undefined, `a service of ${file}: ${known}`)
  }
  if (others.length > 0) return { service: undefined, services: [first, ...others] }
  return first === 'all' ? { service: undefined, services: 'all' } : { service: first }
}
