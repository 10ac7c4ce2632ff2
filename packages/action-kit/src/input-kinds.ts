import {
  InvalidInput,
  nearest,
  parseDuration,
  parseList,
  parsePercent,
  type Milliseconds,
  type Percent,
} from '@release-actions/values'
import type { InputKind, InputSpec } from './inputs.ts'
import { kubeconfigSecrets } from './masking.ts'

export interface InputOptions {
  readonly description: string
  /** The text of action.yml's `default`. */
  readonly default?: string
  readonly required?: true
}

/** What an input without a value is: nothing, unless it is required or has a default of ours. */
type Absent<O> = O extends { readonly required: true } | { readonly default: string } ? never : undefined
type Spec<T, O> = InputSpec<T | Absent<O>>
type Parse<T> = (name: string, text: string) => T

function spec<T, O extends InputOptions>(
  kind: InputKind,
  options: O,
  parse: Parse<T>,
  secrets?: InputSpec<T>['secrets'],
): Spec<T, O> {
  const { description, required = false } = options
  return { kind, description, required, default: options.default, secrets, parse }
}

/** The kinds of inputs. Each takes `{description, default?, required?}` and some take more. */
export const input = {
  text: <const O extends InputOptions>(options: O): Spec<string, O> =>
    spec('text', options, (_, text) => text),

  /** Text with a grammar of its own; `parse` throws InvalidInput. */
  parsed: <T, const O extends InputOptions>(options: O, parse: Parse<T>): Spec<T, O> =>
    spec('text', options, parse),

  /** Text that is masked in the log. Its default may be an expression, so it may be undefined. */
  secret: (options: InputOptions): InputSpec<string | undefined> =>
    spec(
      'text',
      options,
      (_, text) => text,
      (text) => [text],
    ),

  /** Paths of kubeconfigs, or the contents of one, whose credentials are masked. */
  kubeconfig: (options: InputOptions): InputSpec<string | undefined> =>
    spec('text', options, (_, text) => text, kubeconfigSecrets),

  /** `true` or `false`, and nothing that looks like them: a typing mistake must not become a `false`. */
  boolean: <const O extends InputOptions>(options: O): Spec<boolean, O> =>
    spec('boolean', options, (name, text) => {
      if (text !== 'true' && text !== 'false') throw new InvalidInput(name, text, 'true or false')
      return text === 'true'
    }),

  /** Milliseconds. */
  duration: <const O extends InputOptions>(options: O): Spec<Milliseconds, O> =>
    spec('duration', options, parseDuration),

  /** 0–100. */
  percent: <const O extends InputOptions>(options: O): Spec<Percent, O> =>
    spec('percent', options, parsePercent),

  /** One a line, comma-separated, or a YAML sequence. */
  list: <const O extends InputOptions>(options: O): Spec<readonly string[], O> =>
    spec('list', options, (_, text) => parseList(text)),

  /** A list whose entries have a grammar; `each` throws InvalidInput. */
  listOf: <T, const O extends InputOptions>(options: O, each: Parse<T>): Spec<readonly T[], O> =>
    spec('list', options, (name, text) => parseList(text).map((entry) => each(name, entry))),

  /** YAML and the like: text with its line breaks. */
  multiLine: <const O extends InputOptions>(options: O): Spec<string, O> =>
    spec('multi-line', options, (_, text) => text),

  enum: <const V extends string, const O extends InputOptions>(
    values: readonly V[],
    options: O,
  ): Spec<V, O> =>
    spec('enum', options, (name, text) => {
      const found = values.find((value) => value === text)
      if (found === undefined) throw new InvalidInput(name, text, oneOf(values, text))
      return found
    }),

  integer: <const O extends InputOptions>(
    options: O & { readonly min: number; readonly max: number },
  ): Spec<number, O> =>
    spec('integer', options, (name, text) => {
      const value = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN
      if (!(value >= options.min && value <= options.max)) {
        throw new InvalidInput(name, text, `a whole number from ${options.min} to ${options.max}`)
      }
      return value
    }),

  /** A path on the runner, relative to the workspace. */
  path: <const O extends InputOptions>(options: O): Spec<string, O> =>
    spec('path', options, (name, text) => {
      if (/[\0\n\r]/.test(text)) throw new InvalidInput(name, text, 'one path, on one line')
      return text
    }),

  /** JSON; `check` gives it its type and throws InvalidInput. */
  json: <T, const O extends InputOptions>(
    options: O,
    check: (name: string, value: unknown) => T,
  ): Spec<T, O> => spec('json', options, (name, text) => check(name, parseJson(name, text))),
} as const

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InvalidInput(
      name,
      text,
      `JSON (${cause instanceof Error ? cause.message : 'it does not parse'})`,
      { cause },
    )
  }
}

/** `auto, true or false; did you mean "auto"?` */
function oneOf(values: readonly string[], typed: string): string {
  const near = nearest(typed, values)
  const list =
    values.length === 1
      ? values.join('')
      : `${values.slice(0, -1).join(', ')} or ${values[values.length - 1] ?? ''}`
  return `${list}${near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`}`
}
