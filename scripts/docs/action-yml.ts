/** The inputs and outputs of an `action.yml`, from what the code declares; the rest of the file is hand-written. */
import { pathToFileURL } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { parseDocument } from 'yaml'
import type { InputSpec } from '../../packages/action-kit/src/inputs.ts'
import { SERVICE_KEYS, SETTING_KEYS } from '../../packages/config/src/schema.ts'
import { inRepo } from '../lib/repo.ts'

type Specs = Readonly<Record<string, InputSpec<unknown>>>
export interface Declarations {
  readonly INPUTS: Specs
  readonly OUTPUTS: Readonly<Record<string, { readonly description: string }>>
}

export interface DeclaredInput {
  readonly description: string
  readonly required: boolean
  readonly default?: string
}

export function declarationsOf(action: string): Promise<Declarations> {
  return import(pathToFileURL(inRepo('actions', action, 'src', 'inputs.ts')).href) as Promise<Declarations>
}

/**
 * What action.yml says of the inputs. One that the configuration file may give has neither a default nor `required`
 * there: the runner would hand the default over as if somebody had typed it, and what is typed wins over the file.
 * Its description says both.
 */
export function declaredInputs(specs: Specs): Readonly<Record<string, DeclaredInput>> {
  const file = specs['config'] !== undefined
  return Object.fromEntries(
    Object.entries(specs).map(([name, { description, required, default: fallback }]) => {
      if (!file || !CONFIGURED.has(name)) {
        return [name, { description, required, ...(fallback === undefined ? {} : { default: fallback }) }]
      }
      const otherwise = fallback === undefined ? '' : ` Default: \`${fallback}\`.`
      const wanted = required ? ' Required, here or in the configuration file.' : ''
      return [name, { description: `${description}${wanted}${otherwise}`, required: false }]
    }),
  )
}

const CONFIGURED: ReadonlySet<string> = new Set([...SETTING_KEYS, ...SERVICE_KEYS])

/** @param text the file as it is @returns the file as it should be */
export async function renderActionYml(text: string, { INPUTS, OUTPUTS }: Declarations): Promise<string> {
  const document = parseDocument(text)
  const inputs = declaredInputs(INPUTS)
  const outputs = Object.fromEntries(
    Object.entries(OUTPUTS).map(([name, { description }]) => [name, { description }]),
  )
  const { inputs: hasInputs, outputs: hasOutputs } = document.toJS() as Readonly<Record<string, unknown>>
  // A file that says it already keeps its line breaks.
  if (JSON.stringify([hasInputs, hasOutputs]) === JSON.stringify([inputs, outputs])) return text
  document.set('inputs', document.createNode(inputs))
  document.set('outputs', document.createNode(outputs))
  const style = await resolveConfig(inRepo('package.json'))
  return format(document.toString({ lineWidth: 110 }), { ...style, parser: 'yaml' })
}
