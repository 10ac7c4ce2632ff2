import { resolveInputs, type Action, type Config } from '@release-actions/config'
import { InvalidInput } from '@release-actions/values'
import { CONFIG_FILE, workspaceOf, type Configuration } from './configuration.ts'
import { readConfigFile } from './config-file.ts'
import { givenText } from './given-text.ts'
import type { InputSpecs } from './inputs.ts'

/** What the configuration file gives to this step. Loaded only where there is one. */
export async function configuredInputs(
  action: Action,
  specs: InputSpecs,
  env: NodeJS.ProcessEnv,
  path = CONFIG_FILE,
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
