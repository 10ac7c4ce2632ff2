import { describe, expect, test } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import { declarationsOf, declaredInputs } from '../../scripts/docs/action-yml.ts'
import { pages } from '../../scripts/docs/pages.ts'
import { actionNames, actionYml } from '../../scripts/lib/action-yml.ts'
import { inRepo } from '../../scripts/lib/repo.ts'
import { BLUEGREEN_ONLY, CANARY_ONLY } from '../../packages/config/src/contradictions.ts'
import { SERVICE_KEYS, SETTING_KEYS } from '../../packages/config/src/schema.ts'

describe.each(actionNames())('%s', (action) => {
  test('action.yml has the inputs that the code reads, with their defaults and descriptions', async () => {
    const { INPUTS } = await declarationsOf(action)
    const inYml = Object.entries(actionYml(action).inputs).map(([name, input]) => ({
      name,
      description: oneLine(input.description),
      required: input.required ?? false,
      default: input.default,
    }))
    const inCode = Object.entries(declaredInputs(INPUTS)).map(([name, input]) => ({
      name,
      description: oneLine(input.description),
      required: input.required,
      default: input.default,
    }))
    expect(inYml).toEqual(inCode)
  })

  test('an input that the configuration file may give has its default in its description alone', async () => {
    const { INPUTS } = await declarationsOf(action)
    const { inputs } = actionYml(action)
    if (inputs['config'] === undefined) return
    const given = [...SETTING_KEYS, ...SERVICE_KEYS].filter((name) => inputs[name] !== undefined)
    for (const name of given) {
      // The runner hands a default over as if it had been typed, and what is typed wins over the file.
      expect([name, inputs[name]?.default, inputs[name]?.required ?? false]).toEqual([name, undefined, false])
      const otherwise = INPUTS[name]?.default
      if (otherwise !== undefined) expect(inputs[name]?.description).toContain(`Default: \`${otherwise}\`.`)
      if (INPUTS[name]?.required === true) expect(inputs[name]?.description).toContain('Required, here or in')
    }
  })

  test('action.yml has the outputs that the code sets', async () => {
    const { OUTPUTS } = await declarationsOf(action)
    const inYml = Object.entries(actionYml(action).outputs).map(([name, { description }]) => [
      name,
      oneLine(description),
    ])
    const inCode = Object.entries(OUTPUTS).map(([name, { description }]) => [name, oneLine(description)])
    expect(inYml).toEqual(inCode)
  })

  test('its page is what its sources give', () => {
    const path = inRepo('action-docs', `${action}.md`)
    expect(existsSync(path) && readFileSync(path, 'utf8')).toBe(pages().get(`${action}.md`))
  })
})

test('every setting of the configuration file is an input of some action', () => {
  const inputs = new Set(actionNames().flatMap((action) => Object.keys(actionYml(action).inputs)))
  const settings = [...SETTING_KEYS, ...SERVICE_KEYS]
  // What these two mean is told to workflows, by select-services.
  expect(settings.filter((name) => !inputs.has(name))).toEqual(['strategy', 'approval'])
})

test('what the configuration file says of one strategy only, the action of the other does not take', () => {
  const takes = (action: string, names: readonly string[]): readonly string[] =>
    names.filter((name) => actionYml(action).inputs[name] !== undefined)
  expect(takes('bluegreen-switch', CANARY_ONLY)).toEqual([])
  expect(takes('canary-step', CANARY_ONLY)).toEqual(CANARY_ONLY)
  expect(takes('canary-step', BLUEGREEN_ONLY)).toEqual([])
  expect(takes('bluegreen-switch', BLUEGREEN_ONLY)).toEqual(BLUEGREEN_ONLY)
})

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
