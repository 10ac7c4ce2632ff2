import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { inRepo } from '../../scripts/lib/repo.ts'

/** A workflow as far as examples have it. */
export interface Workflow {
  readonly permissions?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}
interface Job {
  readonly permissions?: unknown
  readonly steps: readonly Step[]
}
export interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, string | number | boolean>>
}

/** `actions/canary-step/examples/first-workflow.yml`, for every example of the action. */
export function examplesOf(action: string): readonly string[] {
  const folder = `actions/${action}/examples`
  return readdirSync(inRepo(folder)).map((name) => `${folder}/${name}`)
}

export function readWorkflow(path: string): Workflow {
  return parse(readFileSync(inRepo(path), 'utf8')) as Workflow
}

/** The steps of all jobs, in the order in which they are written. */
export function stepsOf(workflow: Workflow): readonly Step[] {
  return Object.values(workflow.jobs).flatMap(({ steps }) => steps)
}

/** The inputs of the steps that use this action, with expressions replaced by what they stand for. */
export function inputsOf(
  workflow: Workflow,
  action: string,
  values: Readonly<Record<string, string>>,
): readonly Readonly<Record<string, string>>[] {
  return stepsOf(workflow)
    .filter(({ uses = '' }) => uses.startsWith(`org/release-actions/${action}@`))
    .map((step) =>
      Object.fromEntries(
        Object.entries(step.with ?? {}).map(([name, value]) => [name, rendered(String(value), values)]),
      ),
    )
}

function rendered(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (whole, expression: string) => {
    const value = values[expression]
    if (value === undefined) throw new Error(`the test has no value for ${whole}`)
    return value
  })
}
