/** The configuration file as people and editors meet it: the guide's example, and the JSON Schema. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { parseConfig, resolveInputs, selectServices, type Config } from '../../packages/config/src/index.ts'
import { SIX } from '../../packages/config/test/world.ts'
import { SCHEMA_URL } from '../../scripts/docs/schema.ts'
import { inRepo } from '../../scripts/lib/repo.ts'

const FILE = '.github/release-actions.yml'
const guide = readFileSync(inRepo('docs/guides/configuration.md'), 'utf8')
const examples = [...guide.matchAll(/<!-- config -->\n```yaml\n([^]*?)```/g)].map(([, text = '']) => text)

describe('the example of the guide', () => {
  test('is there', () => expect(examples).toHaveLength(1))

  test('is read, and configures each of its services in each of its environments', async () => {
    const config = await parseConfig(examples[0] ?? '', FILE)
    for (const service of Object.keys(config.data.services)) {
      for (const environment of Object.keys(config.data.environments ?? {})) {
        const inputs = inputsOf(config, service, environment)
        expect(inputs.get('workload')?.text).toBe(service)
        expect(inputs.get('traffic')?.text).toMatch(/^(?:httproute|service)\/|^replicas$/)
      }
    }
    expect(inputsOf(config, 'shop', 'staging').get('plan')?.text).toBe('25, 100')
    expect(inputsOf(config, 'shop', 'production').get('soak')?.text).toBe('5m, 5m, 10m, 10m, 10m')
    expect(inputsOf(config, 'admin', 'production').get('namespace')?.text).toBe('backoffice')
    const { waves } = selectServices(config, {})
    expect(waves.map((wave) => wave.map(({ service }) => service))).toEqual([
      ['users', 'mailer', 'admin'],
      ['cart', 'search'],
      ['shop'],
    ])
  })

  test('names the schema that is published', () => {
    expect(examples[0]).toContain(`# yaml-language-server: $schema=${SCHEMA_URL}\n`)
  })
})

describe('the JSON Schema', () => {
  const schema = JSON.parse(readFileSync(inRepo('schema/release-actions.schema.json'), 'utf8')) as Json
  const holds = validator(schema)

  test('is where the page tells editors to look', () => {
    expect(guide).toContain(`# yaml-language-server: $schema=${String(schema['$id'])}\n`)
  })

  test('takes what the actions take', () => {
    for (const text of [
      ...examples,
      SIX,
      'x-mine: [1]\nservices: {a: {workload: a, soak: 0, keep: forever}}\n',
    ]) {
      const legal = holds(parse(text, { merge: true }))
      expect(holds.errors ?? []).toEqual([])
      expect(legal).toBe(true)
    }
  })

  test.each([
    ['an unknown key', 'services: {shop: {workloda: shop}}'],
    ['an unknown key at the top', 'service: {shop: {}}\nservices: {shop: {}}'],
    ['a duration without a unit', 'services: {shop: {soak: 5}}'],
    ['a traffic that is none', 'services: {shop: {traffic: route/shop}}'],
    ['a login without its cluster', 'services: {shop: {}}\nenvironments: {p: {login: {provider: aks}}}'],
    ['an unknown key of a gate', 'services: {shop: {gates: [{name: up, htp: {path: /}}]}}'],
    ['a weight above 100', 'services: {shop: {plan: [5, 101]}}'],
  ])('refuses %s, as the actions do', async (_, text) => {
    expect(holds(parse(text))).toBe(false)
    await expect(parseConfig(text, FILE)).rejects.toMatchObject({ code: 'invalid-input' })
  })

  test('says of every key what it means', () => {
    expect(silent(schema['properties'], '')).toEqual([])
  })
})

type Json = Readonly<Record<string, unknown>>

/** Keys without a description, but for those of gates, which have a reference of their own. */
function silent(properties: unknown, at: string): readonly string[] {
  return Object.entries((properties ?? {}) as Readonly<Record<string, Json>>).flatMap(([name, property]) => {
    const path = `${at}${name}`
    const inner = [
      property,
      property['additionalProperties'],
      ...asList(property['anyOf'] ?? property['oneOf']),
    ]
    const below = inner.flatMap((one) => silent((one as Json | undefined)?.['properties'], `${path}.`))
    return [...(property['description'] === undefined ? [path] : []), ...below]
  })
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

interface Validate {
  (data: unknown): boolean
  readonly errors?: readonly unknown[] | null
}

function validator(schema: Json): Validate {
  // The lab's: at the root there is an older one, of the linter.
  const { Ajv } = createRequire(inRepo('packages/lab/package.json'))('ajv') as {
    readonly Ajv: new (options: object) => { compile(schema: Json): Validate }
  }
  return new Ajv({ strict: false, allErrors: true }).compile(schema)
}

function inputsOf(config: Config, service: string, environment: string) {
  const { strategy } = config.data.services[service] ?? {}
  const known = new Set(['workload', 'traffic', 'plan', 'soak', 'namespace', 'gates', 'post-switch-gates'])
  const action = strategy === 'bluegreen' ? 'bluegreen-switch' : 'canary-step'
  return resolveInputs(config, { action, service, environment, given: new Map(), known })
}
