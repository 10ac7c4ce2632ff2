import { globSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { InvalidInput, messageOf } from '@release-actions/values'
import { isMapping } from '../config/kubeconfig.ts'
import type { AnyObject, PodTemplate } from '../objects.ts'

/** The rendered YAML of a new version, sorted by what a release does with it. */
export interface Manifests {
  /** The one Deployment that is the workload: its pod template is the new version. */
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
  const matching = objects.filter(({ object }) => isWorkload(object))
  const [only, second] = matching
  if (only === undefined || second !== undefined) {
    const found = objects
      .filter(({ object }) => object.kind === 'Deployment')
      .map(({ object }) => object.metadata?.name)
    const files = matching.map(({ file }) => file).join(', ')
    const other = objects.find(({ object }) => isOtherWorkload(object, options.workload))?.object.kind
    throw new InvalidInput(
      'manifests',
      options.entries.join(', '),
      `manifests with one Deployment ${options.workload}`,
      {
        why: [
          only === undefined
            ? `their Deployments: ${found.join(', ') || '(none)'}`
            : `it is in them ${matching.length} times: ${files}`,
          ...(other === undefined
            ? []
            : [`${other} ${options.workload} is in them: only Deployments can be released by canary`]),
        ],
      },
    )
  }
  return {
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
    const whole = path.resolve(cwd, entry)
    const stat = statSync(whole, { throwIfNoEntry: false })
    if (stat?.isFile() === true) return [whole]
    const pattern = stat?.isDirectory() === true ? '**/*.{yaml,yml,json}' : entry
    const found = globSync(pattern, { cwd: stat?.isDirectory() === true ? whole : cwd })
      .map((each) => path.resolve(stat?.isDirectory() === true ? whole : cwd, each))
      .filter((each) => statSync(each).isFile())
    if (found.length === 0)
      throw new InvalidInput('manifests', entry, 'files, globs or directories that exist')
    return found.sort()
  })
  return [...new Set(files)]
}

async function parse(file: string, options: ManifestOptions): Promise<readonly AnyObject[]> {
  const shown = path.relative(options.cwd, file)
  const { parseAllDocuments } = await import('yaml')
  const documents = parseAllDocuments(readFileSync(file, 'utf8'))
  if (!Array.isArray(documents)) return []
  return documents.flatMap((document) => {
    const [problem] = document.errors
    if (problem !== undefined) {
      throw new InvalidInput('manifests', shown, 'YAML', { why: [messageOf(problem).split('\n')[0] ?? ''] })
    }
    const value: unknown = document.toJS()
    return value === null || value === undefined
      ? []
      : flat(value).map((each) => checked(each, shown, options))
  })
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
