import { resolveInputs, type Action, type Config } from '@release-actions/config'
import { InvalidInput, messageOf } from '@release-actions/values'
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
  const service = serviceOf(given, config)
  const environment = given.get('environment')
  const known = new Set(Object.keys(specs))
  const inputs = resolveInputs(config, { action, service, environment, given, known })
  return {
    inputs,
    advice: (input) => `give ${input}, or write it in ${config.file} under services.${service ?? ''}`,
  }
}

/** The service that a step is about; undefined for a rollback of several, which the environment alone configures. */
function serviceOf(given: ReadonlyMap<string, string>, { file, data }: Config): string | undefined {
  const services = given.get('services')
  const service =
    given.get('service') ?? (services === undefined || /[\n,[]/.test(services) ? undefined : services)
  if (service === undefined && services === undefined) {
    const known = Object.keys(data.services).join(', ')
    throw new InvalidInput('service', undefined, `a service of ${file}: ${known}`)
  }
  return service === 'all' ? undefined : service
}
