import { InvalidInput, ReleaseError, messageOf, nearest } from '@release-actions/values'

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
 * expression without a value renders to.
 * @throws ReleaseError `invalid-input`, with every wrong input named, not just the first
 */
export function readInputs<S extends InputSpecs>(specs: S, env: NodeJS.ProcessEnv): ReadInputs<S> {
  const values: Record<string, unknown> = {}
  const wrong: unknown[] = []
  for (const [name, spec] of Object.entries(specs)) {
    try {
      values[camelCase(name)] = readInput(name, spec, env)
    } catch (error) {
      wrong.push(error)
    }
  }
  if (wrong.length === 1) throw wrong[0]
  if (wrong.length > 1) {
    const why = wrong.map(messageOf)
    throw new ReleaseError('invalid-input', `${wrong.length} inputs are not valid`, { why, cause: wrong[0] })
  }
  return { inputs: Object.freeze(values) as Inputs<S>, warnings: unknownInputs(specs, env) }
}

function readInput(name: string, spec: InputSpec<unknown>, env: NodeJS.ProcessEnv): unknown {
  const given = givenText(name, env)
  const text = given ?? fallback(spec)
  if (text !== undefined) return spec.parse(name, text)
  if (spec.required) throw new InvalidInput(name, undefined, `a value: it is required (${spec.description})`)
  return undefined
}

/** The input's text, trimmed; undefined when it is not given or empty. */
export function givenText(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const text = env[variable(name)]?.trim()
  return text === '' ? undefined : text
}

function fallback(spec: InputSpec<unknown>): string | undefined {
  return spec.default === undefined || spec.default === '' || spec.default.includes('${{')
    ? undefined
    : spec.default
}

/** The variable in which the runner hands over an input: upper case, spaces as underscores, dashes kept. */
export function variable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`
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
