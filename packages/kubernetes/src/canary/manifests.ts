import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { InvalidInput, messageOf } from '@release-actions/values'
import { isMapping } from '../config/kubeconfig.ts'
import { parseManifest } from '../manifest-yaml.ts'
import type { AnyObject, PodTemplate } from '../objects.ts'

/** The rendered YAML of a new version, sorted by what a release does with it. */
export interface Manifests {
  /** The one Deployment that is the workload. */
  readonly deployment: AnyObject
  /** Its pod template: the new version. */
  readonly template: PodTemplate
  /** ConfigMaps and Secrets: created before the canary, which reads them. */
  readonly configs: readonly AnyObject[]
  /** Applied at promotion. */
  readonly others: readonly AnyObject[]
}

export interface ManifestOptions {
  /** Files, globs or directories. */
  readonly entries: readonly string[]
  readonly workload: string
  readonly namespace: string
  /** What relative entries are relative to. */
  readonly cwd: string
}

/** @throws InvalidInput that names the file and what is wrong in it */
export async function readManifests(options: ManifestOptions): Promise<Manifests> {
  const objects: { object: AnyObject; file: string }[] = []
  for (const file of filesOf(options)) {
    for (const object of await parse(file, options)) objects.push({ object, file })
  }
  const isWorkload = (object: AnyObject): boolean =>
    object.kind === 'Deployment' && object.metadata?.name === options.workload
  const fitting = objects.filter(({ object }) => isWorkload(object))
  const [only, second] = fitting
  if (only === undefined || second !== undefined) {
    const found = objects
      .filter(({ object }) => object.kind === 'Deployment')
      .map(({ object }) => object.metadata?.name)
    const files = fitting.map(({ file }) => file).join(', ')
    const other = objects.find(({ object }) => isOtherWorkload(object, options.workload))?.object.kind
    throw new InvalidInput(
      'manifests',
      options.entries.join(', '),
      `manifests with one Deployment ${options.workload}`,
      {
        why: [
          only === undefined
            ? `their Deployments: ${found.join(', ') || '(none)'}`
            : `it is in them ${fitting.length} times: ${files}`,
          ...(other === undefined
            ? []
            : [`${other} ${options.workload} is in them: only Deployments can be released`]),
        ],
      },
    )
  }
  return {
    deployment: only.object,
    template: templateOf(only.object, only.file),
    configs: objects.map(({ object }) => object).filter(isConfig),
    others: objects.map(({ object }) => object).filter((each) => !isConfig(each) && !isWorkload(each)),
  }
}

function isOtherWorkload(object: AnyObject, workload: string): boolean {
  return /^(StatefulSet|DaemonSet)$/.test(object.kind ?? '') && object.metadata?.name === workload
}

function isConfig(object: AnyObject): boolean {
  return object.apiVersion === 'v1' && (object.kind === 'ConfigMap' || object.kind === 'Secret')
}

function filesOf({ entries, cwd }: ManifestOptions): readonly string[] {
  const files = entries.flatMap((entry) => {
    const found = under(path.resolve(cwd, entry)) ?? matching(entry, cwd)
    if (found.length === 0)
      throw new InvalidInput('manifests', entry, 'files, globs or directories that exist')
    return [...found].sort()
  })
  return [...new Set(files)]
}

/** The file, or the manifests in the folder; undefined when there is neither. Hidden ones are no manifests. */
function under(whole: string): readonly string[] | undefined {
  const stat = statSync(whole, { throwIfNoEntry: false })
  if (stat?.isDirectory() !== true) return stat?.isFile() === true ? [whole] : undefined
  return readdirSync(whole, { withFileTypes: true }).flatMap((entry) => {
    const inside = path.join(whole, entry.name)
    if (entry.name.startsWith('.')) return []
    if (entry.isDirectory()) return under(inside) ?? []
    return /\.(yaml|yml|json)$/.test(entry.name) && statSync(inside).isFile() ? [inside] : []
  })
}

function matching(pattern: string, cwd: string): readonly string[] {
  return globSync(pattern, { cwd })
    .map((each) => path.resolve(cwd, each))
    .filter((each) => statSync(each).isFile())
}

async function parse(file: string, options: ManifestOptions): Promise<readonly AnyObject[]> {
  const shown = path.relative(options.cwd, file)
  const text = readFileSync(file, 'utf8')
  const values = json(text) ?? (await yaml(text, shown))
  return values.flatMap((value) =>
    value === null || value === undefined ? [] : flat(value).map((each) => checked(each, shown, options)),
  )
}

/** undefined: not JSON. The YAML parser, which would read it too, costs more to load than all else that a look needs. */
function json(text: string): readonly unknown[] | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return [JSON.parse(text) as unknown]
  } catch {
    // Flow YAML, several documents, or a mistake that the YAML parser has better words for.
    return undefined
  }
}

async function yaml(text: string, shown: string): Promise<readonly unknown[]> {
  try {
    return await parseManifest(text)
  } catch (error) {
    throw new InvalidInput('manifests', shown, 'YAML', { why: [messageOf(error).split('\n')[0] ?? ''] })
  }
}

function flat(value: unknown): readonly unknown[] {
  const list = isMapping(value) && value['kind'] === 'List' && Array.isArray(value['items'])
  return list ? (value['items'] as readonly unknown[]) : [value]
}

function checked(value: unknown, file: string, { namespace }: ManifestOptions): AnyObject {
  const metadata = isMapping(value) && isMapping(value['metadata']) ? value['metadata'] : {}
  const complete =
    isMapping(value) &&
    typeof value['apiVersion'] === 'string' &&
    typeof value['kind'] === 'string' &&
    typeof metadata['name'] === 'string'
  if (!complete) {
    throw new InvalidInput('manifests', file, 'Kubernetes objects with apiVersion, kind and metadata.name')
  }
  if (metadata['namespace'] !== undefined && metadata['namespace'] !== namespace) {
    throw new InvalidInput('manifests', file, `objects of the namespace ${namespace}`, {
      why: [
        `${String(value['kind'])} ${String(metadata['name'])} is of namespace ${String(metadata['namespace'])}`,
      ],
    })
  }
  return { ...value, metadata: { ...metadata, namespace } }
}

function templateOf(deployment: AnyObject, file: string): PodTemplate {
  const spec = deployment['spec']
  const template = isMapping(spec) ? spec['template'] : undefined
  if (isMapping(template) && isMapping(template['spec']) && Array.isArray(template['spec']['containers'])) {
    return template as PodTemplate
  }
  throw new InvalidInput('manifests', file, 'a Deployment with a pod template')
}
