import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseGates, type Gate, type GateOptions } from '@release-actions/judge'
import { InvalidInput, messageOf } from '@release-actions/values'

/** The two inputs in which gates are written. */
export interface GateInputs {
  readonly gates: string | undefined
  readonly gatesFile: string | undefined
}

/** What these inputs are called in action.yml, for errors. */
export interface GateInputNames {
  readonly gates: string
  readonly file: string
}

/**
 * The gates that the user gave, those of `gates` first, then those of `gates-file`.
 * @param names what the inputs are called in action.yml
 * @param workspace the folder that the file's path starts from
 * @throws InvalidInput naming gate, key, value and line
 */
export async function readGates(
  inputs: GateInputs,
  workspace: string,
  options: Omit<GateOptions, 'file'> = {},
  names: GateInputNames = { gates: 'gates', file: 'gates-file' },
): Promise<readonly Gate[]> {
  const given = inputs.gates === undefined ? [] : await parseGates(names.gates, inputs.gates, options)
  const filed =
    inputs.gatesFile === undefined
      ? []
      : await readFileGates(names.file, inputs.gatesFile, workspace, options)
  const gates = [...given, ...filed]
  const twice = gates.find(({ name }, at) => gates.findIndex((other) => other.name === name) < at)
  if (twice !== undefined) throw new InvalidInput(names.gates, twice.name, 'a name that no other gate has')
  return gates
}

async function readFileGates(
  input: string,
  path: string,
  workspace: string,
  options: GateOptions,
): Promise<readonly Gate[]> {
  let text: string
  try {
    text = await readFile(resolve(workspace, path), 'utf8')
  } catch (cause) {
    throw new InvalidInput(input, path, `a file that can be read (${messageOf(cause)})`, { cause })
  }
  const gates = await parseGates(input, text, { ...options, file: path })
  // A tool that failed leaves an empty file: a release that was to be judged would be judged by nothing.
  if (gates.length === 0)
    throw new InvalidInput(input, path, `a file with at least one gate, or leave ${input} out: it is empty`)
  return gates
}
