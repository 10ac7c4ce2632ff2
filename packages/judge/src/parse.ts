import type { Gate } from './gate.ts'
import type { YamlDocument } from './grammar/document.ts'
import type { GateOptions } from './grammar/gates.ts'
import type { Origin } from './grammar/problem.ts'

/**
 * Gates as users write them: INTERFACES.md, "Gates". YAML and the schema are loaded only here, so a step without
 * gates does not pay for them.
 * @param input the input's name, for messages: `gates`
 * @throws InvalidInput naming gate, key, value, what is legal, and the line
 */
export async function parseGates(
  input: string,
  text: string,
  options: GateOptions = {},
): Promise<readonly Gate[]> {
  if (text.trim() === '') return []
  const { readGates } = await import('./grammar/gates.ts')
  return readGates(input, text, options)
}

/** The same from a configuration file that is parsed already; `origin` tells its lines. */
export async function parseGateData(
  data: unknown,
  origin: Origin,
  options: GateOptions = {},
): Promise<readonly Gate[]> {
  const { gatesFromData } = await import('./grammar/gates.ts')
  return gatesFromData(data, origin, options)
}

/**
 * Any YAML text, with the places of its values.
 * @throws InvalidInput with line and column where it is not YAML
 */
export async function parseYaml(
  input: string,
  text: string,
  file: string | undefined,
): Promise<YamlDocument> {
  const { openYaml } = await import('./grammar/document.ts')
  return openYaml(input, text, file)
}
