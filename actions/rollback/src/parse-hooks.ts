import type { Hook } from '@release-actions/ports'
import { parseYaml } from '@release-actions/judge'
import { InvalidInput, nearest, parseDuration } from '@release-actions/values'

/** A hook as it was written. */
export interface WantedHook extends Hook {
  readonly when: 'before' | 'after'
  /** What becomes of the rollback when it does not succeed. */
  readonly onFailure: 'stop' | 'continue'
  /** Of these services only; undefined: of each. */
  readonly services: readonly string[] | undefined
}

const KEYS = ['name', 'image', 'manifest', 'command', 'timeout', 'on-failure', 'services'] as const
const TIMEOUT = '5m'

/** @throws InvalidInput naming the hook and what is legal */
export async function parseHooks(input: string, text: string | undefined): Promise<readonly WantedHook[]> {
  if (text === undefined) return []
  const { data } = await parseYaml(input, text, undefined)
  const whole = mapping(input, data, ['before', 'after'])
  const hooks = (['before', 'after'] as const).flatMap((when) => {
    const list = whole[when] ?? []
    if (!Array.isArray(list)) throw new InvalidInput(`${input}.${when}`, list, 'a list of hooks')
    return list.map((entry: unknown, at) => hookOf(`${input}.${when}[${at}]`, entry, when))
  })
  const twice = hooks.find(({ name }, at) => hooks.findIndex((other) => other.name === name) < at)
  if (twice !== undefined) throw new InvalidInput(input, twice.name, 'a name that no other hook has')
  return hooks
}

function hookOf(where: string, entry: unknown, when: WantedHook['when']): WantedHook {
  const given = mapping(where, entry, KEYS)
  const name = text(where, given, 'name')
  if (name === undefined || !/^[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?$/.test(name))
    throw new InvalidInput(
      `${where}.name`,
      given['name'],
      'at most 30 of a–z, 0–9 and dashes: a Job is named after it',
    )
  const timeout = text(where, given, 'timeout') ?? TIMEOUT
  const onFailure = text(where, given, 'on-failure') ?? 'stop'
  if (onFailure !== 'stop' && onFailure !== 'continue')
    throw new InvalidInput(`${where}.on-failure`, onFailure, 'stop or continue')
  return {
    name,
    when,
    onFailure,
    work: workOf(where, given),
    timeout: parseDuration(`${where}.timeout`, timeout),
    services: given['services'] === undefined ? undefined : texts(`${where}.services`, given['services']),
  }
}

function workOf(where: string, given: Fields): Hook['work'] {
  const image = text(where, given, 'image')
  const manifest = text(where, given, 'manifest')
  if ((image === undefined) === (manifest === undefined))
    throw new InvalidInput(where, Object.keys(given).join(', '), 'either image (and command), or manifest')
  if (manifest !== undefined) {
    if (given['command'] !== undefined)
      throw new InvalidInput(
        `${where}.command`,
        given['command'],
        'no command with manifest: the Job has its own',
      )
    return { kind: 'manifest', path: manifest }
  }
  const { command } = given
  const words =
    typeof command === 'string' ? ['/bin/sh', '-c', command] : texts(`${where}.command`, command ?? [])
  return { kind: 'image', image: image ?? '', command: words }
}

type Fields = Readonly<Record<string, unknown>>

function mapping(where: string, value: unknown, keys: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidInput(where, value, `a mapping with ${keys.join(', ')}`)
  const unknown = Object.keys(value).find((key) => !keys.includes(key))
  if (unknown !== undefined) {
    const near = nearest(unknown, keys)
    throw new InvalidInput(
      `${where}.${unknown}`,
      unknown,
      near === undefined ? keys.join(', ') : `${keys.join(', ')}; did you mean ${near}?`,
    )
  }
  return value as Fields
}

function text(where: string, given: Fields, key: string): string | undefined {
  const value = given[key]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new InvalidInput(`${where}.${key}`, value, 'text')
  return String(value)
}

function texts(where: string, value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.map((each) => {
    if (typeof each !== 'string' && typeof each !== 'number')
      throw new InvalidInput(where, each, 'a list of texts')
    return String(each)
  })
}
