/** The JSON Schema of the configuration file, for editors: made from the one that reads the file. */
import { format, resolveConfig } from 'prettier'
import * as z from 'zod/mini'
import { gate, schema } from '../../packages/config/src/schema.ts'
import { gateSchemas } from '../../packages/judge/src/grammar/shape.ts'
import { actionNames } from '../lib/action-yml.ts'
import { inRepo } from '../lib/repo.ts'
import { declarationsOf } from './action-yml.ts'
import { ABOUT } from './schema-descriptions.ts'

type Json = Record<string, unknown>

/** Where editors find it (`# yaml-language-server: $schema=…`): in the newest release, which knows the keys that `@v1` knows. */
export const SCHEMA_URL =
  'https://raw.githubusercontent.com/org/release-actions/v1/schema/release-actions.schema.json'

export async function renderSchema(): Promise<string> {
  const gateJson = { anyOf: gateSchemas.map((one) => json(one)) }
  const whole = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema !== gate) return
      for (const key of Object.keys(jsonSchema)) delete (jsonSchema as Json)[key]
      Object.assign(jsonSchema, { $ref: '#/definitions/gate' })
    },
  }) as Json
  describe(whole, await inputDescriptions())
  const text = JSON.stringify({
    $schema: whole['$schema'],
    $id: SCHEMA_URL,
    title: 'release-actions',
    description: 'The configuration file of release-actions: .github/release-actions.yml.',
    ...whole,
    // The user's own: a place for anchors.
    patternProperties: { '^x-': {} },
    definitions: { gate: gateJson },
  })
  return format(text, { ...(await resolveConfig(inRepo('package.json'))), parser: 'json' })
}

function json(one: z.core.$ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(one, { target: 'draft-7', io: 'input' }) as Json
  return rest
}

/** What action.yml says of an input is what its key in the file means. */
async function inputDescriptions(): Promise<Readonly<Record<string, string>>> {
  const all = await Promise.all(actionNames().map(declarationsOf))
  return Object.fromEntries(
    all
      .flatMap(({ INPUTS }) => Object.entries(INPUTS).map(([name, { description }]) => [name, description]))
      .reverse(),
  )
}

function describe(node: unknown, inputs: Readonly<Record<string, string>>, at = ''): void {
  if (Array.isArray(node)) return node.forEach((one) => describe(one, inputs, at))
  if (typeof node !== 'object' || node === null) return
  for (const [key, value] of Object.entries(node as Json)) {
    if (key !== 'properties' || typeof value !== 'object' || value === null) describe(value, inputs, at)
    else {
      for (const [name, property] of Object.entries(value as Record<string, Json>)) {
        const path = at === '' ? name : `${at}.${name}`
        const description = ABOUT[path] ?? ABOUT[name] ?? inputs[name]
        if (description !== undefined && property['$ref'] === undefined) property['description'] = description
        describe(property, inputs, name)
      }
    }
  }
}
