/** Reads an action's `action.yml`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { inRepo } from './repo.ts'

export interface ActionYml {
  readonly name: string
  readonly description: string
  readonly inputs: Readonly<Record<string, ActionInput>>
  readonly outputs: Readonly<Record<string, { readonly description: string }>>
}
export interface ActionInput {
  readonly description: string
  readonly required?: boolean
  readonly default?: string
}

/** Names of the folders in `actions/` that hold an action.yml. */
export function actionNames(): readonly string[] {
  return readdirSync(inRepo('actions'))
    .filter((name) => existsSync(inRepo('actions', name, 'action.yml')))
    .sort()
}

export function actionYml(name: string): ActionYml {
  const read = parse(readFileSync(inRepo('actions', name, 'action.yml'), 'utf8')) as Partial<ActionYml>
  if (typeof read.name !== 'string' || typeof read.description !== 'string') {
    throw new Error(`actions/${name}/action.yml needs a name and a description`)
  }
  return {
    name: read.name,
    description: read.description,
    inputs: read.inputs ?? {},
    outputs: read.outputs ?? {},
  }
}
