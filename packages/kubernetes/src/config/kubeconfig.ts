import path from 'node:path'
import { InvalidInput, messageOf, nearest, NotFound } from '@release-actions/values'
import { readSimpleYaml } from './simple-yaml.ts'

/** A mapping as it came out of JSON or YAML. */
export type Mapping = Readonly<Record<string, unknown>>

export interface KubeconfigFile {
  /** For messages: a path, or `input kubeconfig`. */
  readonly origin: string
  /** What relative paths in it are relative to; undefined: the process's working directory. */
  readonly folder: string | undefined
  readonly text: string
}

/** One context of a kubeconfig, with what it names. Paths in it are absolute. */
export interface KubeContext {
  readonly name: string
  readonly namespace: string | undefined
  readonly clusterName: string
  readonly userName: string
  readonly cluster: Mapping
  readonly user: Mapping
  readonly origin: string
}

const PATHS = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile']

/**
 * Merges files as kubectl does (the first to name a cluster, user, context or current-context wins) and picks a
 * context.
 * @throws InvalidInput when a file is not a kubeconfig; NotFound when the context or what it names is not there
 */
export async function readContext(
  files: readonly KubeconfigFile[],
  wanted: string | undefined,
): Promise<KubeContext> {
  const contexts = new Map<string, Mapping>()
  const clusters = new Map<string, Mapping>()
  const users = new Map<string, Mapping>()
  let current: string | undefined
  for (const file of files) {
    const config = await parse(file)
    current ??= textOf(config['current-context'])
    collect(contexts, config['contexts'], 'context', file)
    collect(clusters, config['clusters'], 'cluster', file)
    collect(users, config['users'], 'user', file)
  }
  const origin = files.map((file) => file.origin).join(', ')
  const name = wanted ?? current ?? (contexts.size === 1 ? [...contexts.keys()][0] : undefined)
  const known = [...contexts.keys()]
  if (name === undefined) {
    const fix = [`set the input kube-context to one of: ${known.join(', ') || '(it has none)'}`]
    throw new NotFound(`the kubeconfig (${origin}) has no current-context`, { fix })
  }
  const context = contexts.get(name)
  if (context === undefined) {
    const near = nearest(name, known)
    throw new NotFound(`the kubeconfig (${origin}) has no context ${name}`, {
      fix: [
        `its contexts are: ${known.join(', ') || '(none)'}${near === undefined ? '' : `; did you mean ${near}?`}`,
      ],
    })
  }
  const named = (kind: 'cluster' | 'user', from: Map<string, Mapping>): [string, Mapping] => {
    const key = textOf(context[kind]) ?? ''
    const found = from.get(key)
    if (found !== undefined) return [key, found]
    if (kind === 'user' && key === '') return [key, {}]
    throw new NotFound(`the kubeconfig (${origin}) has no ${kind} "${key}", which its context ${name} names`)
  }
  const [clusterName, cluster] = named('cluster', clusters)
  const [userName, user] = named('user', users)
  return { name, namespace: textOf(context['namespace']), clusterName, userName, cluster, user, origin }
}

/** JSON and simple YAML are read without the YAML package, which costs some 25 ms to load. */
async function parse(file: KubeconfigFile): Promise<Mapping> {
  const wrong = (cause: unknown): InvalidInput =>
    new InvalidInput('kubeconfig', file.origin, 'a kubeconfig in YAML or JSON', {
      why: [messageOf(cause).split('\n')[0] ?? ''],
      fix: looksEncoded(file.text) ? ['it looks like base64: decode it first'] : [],
    })
  let config: unknown
  try {
    const json = file.text.trimStart().startsWith('{')
    config = json
      ? JSON.parse(file.text)
      : (readSimpleYaml(file.text) ?? (await import('yaml')).parse(file.text, { logLevel: 'silent' }))
  } catch (error) {
    throw wrong(error)
  }
  if (!isMapping(config)) throw wrong(new Error('it is not a mapping'))
  if (config['kind'] !== undefined && config['kind'] !== 'Config')
    throw wrong(new Error('its kind is not Config'))
  return config
}

function looksEncoded(text: string): boolean {
  return /^[A-Za-z0-9+/=\s]{40,}$/.test(text)
}

function collect(into: Map<string, Mapping>, list: unknown, key: string, file: KubeconfigFile): void {
  if (!Array.isArray(list)) return
  for (const entry of list) {
    if (!isMapping(entry)) continue
    const name = textOf(entry['name'])
    const body = entry[key]
    if (name === undefined || into.has(name)) continue
    into.set(name, isMapping(body) ? absolute(body, file.folder) : {})
  }
}

function absolute(body: Mapping, folder: string | undefined): Mapping {
  if (folder === undefined) return body
  const changed: Record<string, unknown> = { ...body }
  for (const key of PATHS) {
    const value = textOf(body[key])
    if (value !== undefined) changed[key] = path.resolve(folder, value)
  }
  const exec = body['exec']
  const command = isMapping(exec) ? textOf(exec['command']) : undefined
  // As kubectl: a command with a slash is relative to the kubeconfig, one without is looked up in PATH.
  if (isMapping(exec) && command?.includes('/') === true) {
    changed['exec'] = { ...exec, command: path.resolve(folder, command) }
  }
  return changed
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A text that says something; numbers too, since YAML reads an unquoted 1234 as one. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}
