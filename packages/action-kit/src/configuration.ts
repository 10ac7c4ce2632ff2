import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Action, ConfiguredInput } from '@release-actions/config'
import { InvalidInput, ReleaseError } from '@release-actions/values'
import { givenText } from './given-text.ts'
import type { InputSpecs } from './inputs.ts'

/** Where the configuration file is, from the root of the repository. */
export const CONFIG_FILE = '.github/release-actions.yml'

/** What a configuration file gives to a step, by input. */
export interface Configuration {
  readonly inputs: ReadonlyMap<string, ConfiguredInput>
  /** What to do about an input that is required and missing; undefined where no file could give it. */
  readonly advice: ((input: string) => string) | undefined
  /** Why there is a file and it is not used. */
  readonly warning?: string
}

export const NOT_CONFIGURED: Configuration = { inputs: new Map(), advice: undefined }

/**
 * The configuration of a step that names a service of it. A step that does not pays nothing; one that does, and has no
 * file, pays for one look.
 * @param action undefined: one that no file configures
 * @throws InvalidInput for a file that cannot be read or has a mistake
 */
export async function configure(
  action: Action | undefined,
  specs: InputSpecs,
  env: NodeJS.ProcessEnv,
): Promise<Configuration> {
  if (action === undefined || specs['config'] === undefined) return NOT_CONFIGURED
  const path = givenText('config', env)
  const service = givenText('service', env) ?? givenText('services', env)
  if (path === 'none') return NOT_CONFIGURED
  if (path === undefined && service === undefined) {
    return without((input) => `give ${input}, or the name of a service that ${CONFIG_FILE} has`)
  }
  if (path === undefined && !existsSync(join(workspaceOf(env), CONFIG_FILE))) {
    const advice = `or add ${CONFIG_FILE}, and check the repository out before this step`
    return without((input) => `give ${input}, ${advice}`)
  }
  const { configuredInputs } = await import('./configured-inputs.ts')
  return configuredInputs(action, specs, env, path)
}

export function workspaceOf(env: NodeJS.ProcessEnv): string {
  return env['GITHUB_WORKSPACE'] ?? process.cwd()
}

const without = (advice: (input: string) => string): Configuration => ({ inputs: new Map(), advice })

/**
 * What main hands to post: the file may have changed since, or be gone with the workspace, and what main began must
 * be completed with what main was given.
 */
export function saved({ inputs }: Configuration): string {
  return JSON.stringify([...inputs])
}

/** @returns undefined when main left nothing */
export function restored(text: string | undefined): Configuration | undefined {
  if (text === undefined || text === '') return undefined
  const inputs = new Map(JSON.parse(text) as readonly (readonly [string, ConfiguredInput])[])
  return { inputs, advice: undefined }
}

/** A line for each input, with where it was written. */
export function described({ inputs }: Configuration): readonly string[] {
  return [...inputs].map(([name, { text, origin }]) => `${name}: ${text.replace(/\s+/g, ' ')}  (${origin})`)
}

/** An error of an input that the file gave says so: the person would look for it in the workflow. */
export function withOrigin(error: unknown, { inputs }: Configuration): unknown {
  if (!(error instanceof InvalidInput)) return error
  const origin = inputs.get(/^[\w-]*/.exec(error.input)?.[0] ?? '')?.origin
  if (origin === undefined) return error
  const { code, message, object, why, fix, cause } = error
  return new ReleaseError(code, `${message}; it comes from ${origin}`, {
    why,
    fix,
    cause,
    ...(object === undefined ? {} : { object }),
  })
}
