import { InvalidInput, ReleaseError, messageOf, nearest } from '@release-actions/values'
import { NOT_CONFIGURED, withOrigin, type Configuration } from './configuration.ts'
import { givenText, variable } from './given-text.ts'

/**
 * One input, as data: what action.yml says of it, and how its text becomes a value. The same declaration reads the
 * input, gives its errors, and is what the contract test and the documentation are compared with.
 */
export interface InputSpec<T> {
  readonly kind: InputKind
  readonly description: string
  readonly required: boolean
  /** As in action.yml. `${{ … }}` is rendered by the runner, so it is no fallback here. */
  readonly default: string | undefined
  /** What of its value must be masked in the log; undefined when nothing is secret. */
  readonly secrets: ((text: string) => readonly string[]) | undefined
  /** @param text trimmed, not empty @throws InvalidInput */
  readonly parse: (name: string, text: string) => T
}

export type InputKind =
  'text' | 'boolean' | 'duration' | 'percent' | 'list' | 'multi-line' | 'enum' | 'integer' | 'path' | 'json'

/** The inputs of an action by their names in action.yml. */
export type InputSpecs = Readonly<Record<string, InputSpec<unknown>>>

/** The typed, readonly object: `kube-context` is `kubeContext`. */
export type Inputs<S extends InputSpecs> = {
  readonly [K in keyof S & string as CamelCase<K>]: S[K] extends InputSpec<infer T> ? T : never
}

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S

/** Gives the declarations their exact type. */
export function defineInputs<const S extends InputSpecs>(specs: S): S {
  return specs
}

export interface ReadInputs<S extends InputSpecs> {
  readonly inputs: Inputs<S>
  /** One sentence for each input that was given and is not declared. */
  readonly warnings: readonly string[]
}

/** What of the given inputs must be masked. Asked before anything is read, so that no error can show it. */
export function inputSecrets(specs: InputSpecs, env: NodeJS.ProcessEnv): readonly string[] {
  return Object.entries(specs).flatMap(([name, spec]) => {
    const text = givenText(name, env)
    return text === undefined || spec.secrets === undefined ? [] : spec.secrets(text)
  })
}

/**
 * Reads all inputs at once from the runner's INPUT_* variables. The empty string is "not given": that is what an
 * expression without a value renders to. What is not given comes from the configuration file, then from the default.
 * @throws ReleaseError `invalid-input`, with every wrong input named, not just the first
 */
export function readInputs<S extends InputSpecs>(
  specs: S,
  env: NodeJS.ProcessEnv,
  configuration: Configuration = NOT_CONFIGURED,
): ReadInputs<S> {
  const values: Record<string, unknown> = {}
  const wrong: unknown[] = []
  for (const [name, spec] of Object.entries(specs)) {
    try {
      values[camelCase(name)] = readInput(name, spec, env, configuration)
    } catch (error) {
      wrong.push(withOrigin(error, configuration))
    }
  }
  if (wrong.length === 1) throw wrong[0]
  if (wrong.length > 1) {
    const why = wrong.map(messageOf)
    const fix = wrong.flatMap((error) => (error instanceof ReleaseError ? error.fix : []))
    throw new ReleaseError('invalid-input', `${wrong.length} inputs are not valid`, {
      why,
      fix,
      cause: wrong[0],
    })
  }
  return { inputs: Object.freeze(values) as Inputs<S>, warnings: unknownInputs(specs, env) }
}

function readInput(
  name: string,
  spec: InputSpec<unknown>,
  env: NodeJS.ProcessEnv,
  { inputs, advice }: Configuration,
): unknown {
  // The configuration has what was not given, and the whole of what was given in part.
  const text = inputs.get(name)?.text ?? givenText(name, env) ?? fallback(spec)
  if (text !== undefined) return spec.parse(name, text)
  if (spec.required) {
    throw new InvalidInput(name, undefined, `a value: it is required (${spec.description})`, {
      fix: advice === undefined ? [] : [advice(name)],
    })
  }
  return undefined
}

function fallback(spec: InputSpec<unknown>): string | undefined {
  return spec.default === undefined || spec.default === '' || spec.default.includes('${{')
    ? undefined
    : spec.default
}

function unknownInputs(specs: InputSpecs, env: NodeJS.ProcessEnv): readonly string[] {
  const names = Object.keys(specs)
  const known = new Set(names.map(variable))
  return Object.keys(env)
    .filter((key) => key.startsWith('INPUT_') && !known.has(key) && env[key]?.trim() !== '')
    .map((key) => key.slice('INPUT_'.length).toLowerCase())
    .map((name) => {
      const near = nearest(name, names)
      return `input ${name} is not known and has no effect${near === undefined ? '' : `; did you mean ${near}?`}`
    })
}

function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
