/** `action.yml`, as far as the runner reads it for a JavaScript action. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export interface ActionFile {
  readonly name: string
  readonly inputs: readonly ActionInput[]
  /** `node24` */
  readonly using: string
  readonly main: string
  readonly pre: string | undefined
  readonly preIf: string
  readonly post: string | undefined
  readonly postIf: string
}

export interface ActionInput {
  readonly name: string
  /** May hold `${{ github.… }}`; an input without a default is an empty text. */
  readonly default: string
  readonly deprecation: string | undefined
}

type Yaml = Readonly<Record<string, unknown>>

/** @param dir the folder with `action.yml` or `action.yaml` @throws Error when it is no JavaScript action */
export function readActionFile(dir: string): ActionFile {
  const path = [join(dir, 'action.yml'), join(dir, 'action.yaml')].find((candidate) => existsSync(candidate))
  if (path === undefined) throw new Error(`Can't find 'action.yml' or 'action.yaml' under '${dir}'.`)
  const file = mapping(parse(readFileSync(path, 'utf8')))
  const runs = mapping(file['runs'])
  const [using, main] = [text(runs['using']), text(runs['main'])]
  if (!/^node\d+$/.test(using ?? '') || main === undefined) {
    throw new Error(`${path}: this runner runs JavaScript actions only (runs.using: node24, runs.main)`)
  }
  return {
    name: text(file['name']) ?? dir,
    inputs: Object.entries(mapping(file['inputs'])).map(([name, value]) => ({
      name,
      default: text(mapping(value)['default']) ?? '',
      deprecation: text(mapping(value)['deprecationMessage']),
    })),
    using: using ?? '',
    main,
    pre: text(runs['pre']),
    preIf: text(runs['pre-if']) ?? 'always()',
    post: text(runs['post']),
    postIf: text(runs['post-if']) ?? 'always()',
  }
}

const mapping = (value: unknown): Yaml =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Yaml) : {}

function text(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined
}
