import { describe, expect, test } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { pages } from '../../scripts/docs/pages.ts'
import { actionNames, actionYml } from '../../scripts/lib/action-yml.ts'
import { inRepo } from '../../scripts/lib/repo.ts'

interface Declared {
  readonly description: string
  readonly required: boolean
  readonly default: string | undefined
}
interface Declarations {
  readonly INPUTS: Readonly<Record<string, Declared>>
  readonly OUTPUTS: Readonly<Record<string, { readonly description: string }>>
}

describe.each(actionNames())('%s', (action) => {
  test('action.yml has the inputs that the code reads, with their defaults and descriptions', async () => {
    const { INPUTS } = await declarations(action)
    const inYml = Object.entries(actionYml(action).inputs).map(([name, input]) => ({
      name,
      description: oneLine(input.description),
      required: input.required ?? false,
      default: input.default,
    }))
    const inCode = Object.entries(INPUTS).map(([name, input]) => ({
      name,
      description: oneLine(input.description),
      required: input.required,
      default: input.default,
    }))
    expect(inYml).toEqual(inCode)
  })

  test('action.yml has the outputs that the code sets', async () => {
    const { OUTPUTS } = await declarations(action)
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

function declarations(action: string): Promise<Declarations> {
  return import(pathToFileURL(inRepo('actions', action, 'src', 'inputs.ts')).href) as Promise<Declarations>
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
