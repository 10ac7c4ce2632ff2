import { InvalidInput } from '@release-actions/values'
import { isMapping } from '../config/kubeconfig.ts'
import { type JsonPatch, type JsonPatchOperation, pointer } from '../json-patch.ts'
import type { AnyObject, Deployment } from '../objects.ts'
import { canonical } from './template-hash.ts'

type Fields = Readonly<Record<string, unknown>>

/** What the manifests' Deployment says beside its pod template. Applied when the new version serves: ADR 8. */
export interface Beside {
  /** `strategy`, `replicas`, …: whole fields of the spec. */
  readonly spec: Fields
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** The template has its own way into the cluster, a selector none, and `paused` would stop every later release. */
const NOT_OF_THE_SPEC = ['template', 'selector', 'paused']
/** kubectl's and the controller's own notes, and ours. */
const NOTES =
  /^(kubectl\.kubernetes\.io\/last-applied-configuration$|deployment\.kubernetes\.io\/|([^/]*\.)?release-actions\.dev\/)/

export function besideTemplate(manifest: AnyObject): Beside {
  const fields = Object.entries(specOf(manifest)).filter(
    ([field, value]) => !NOT_OF_THE_SPEC.includes(field) && value !== null && value !== undefined,
  )
  return {
    spec: Object.fromEntries(fields),
    labels: withoutNotes(manifest.metadata?.labels),
    annotations: withoutNotes(manifest.metadata?.annotations),
  }
}

/** As a note on the canary: also which template it came with (`templateHash`), since a canary may get another one. */
export function formatBeside(beside: Beside, template: string): string {
  return JSON.stringify({ template, ...beside })
}

/** undefined for what is no such note, or of another template. */
export function parseBeside(text: string | undefined, template: string): Beside | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (!isMapping(value) || value['template'] !== template) return undefined
    const { spec, labels, annotations } = value
    if (!isMapping(spec) || !isMapping(labels) || !isMapping(annotations)) return undefined
    return { spec, labels: texts(labels), annotations: texts(annotations) }
  } catch {
    // Somebody's own text: there is nothing in it to apply.
    return undefined
  }
}

/** One thing that would change, and the operations that change it. */
export interface Difference {
  /** `spec.strategy`, `label team`. */
  readonly name: string
  readonly patch: JsonPatch
}

/**
 * What differs in the cluster. What the manifests do not name stays, as on `kubectl apply` of an object that somebody
 * else wrote: what the server has added, and what other tools set.
 * @param scaled an HPA decides on the replicas
 */
export function differencesBeside(wanted: Beside, live: Deployment, scaled: boolean): readonly Difference[] {
  const present: Fields = { ...live.spec }
  const fields = Object.entries(wanted.spec)
    .filter(([field]) => !(scaled && field === 'replicas'))
    .filter(([field, value]) => !holds(present[field], value))
    .map(([field, value]) => ({ name: `spec.${field}`, patch: [added(value, 'spec', field)] }))
  return [
    ...fields,
    ...differing('label', wanted.labels, live.metadata?.labels),
    ...differing('annotation', wanted.annotations, live.metadata?.annotations),
  ]
}

/** The whole of them as one patch. */
export function patchOf(differences: readonly Difference[]): JsonPatch {
  const operations = differences.flatMap(({ patch }) => patch)
  const isMap = ({ path }: JsonPatchOperation): boolean => /^\/metadata\/(labels|annotations)$/.test(path)
  // An object without any labels gets the map once, before what goes into it.
  const maps = new Map(operations.filter(isMap).map((operation) => [operation.path, operation]))
  return [...maps.values(), ...operations.filter((operation) => !isMap(operation))]
}

/** What no promotion could apply, or what would be the last release. A sentence each. Pure. */
export function refusedBeside(manifest: AnyObject): readonly string[] {
  const { replicas, paused, strategy } = specOf(manifest)
  const name = `Deployment ${manifest.metadata?.name} of the manifests`
  return [
    ...(replicas === 0 ? [`${name} has 0 replicas: nothing would be left to serve`] : []),
    ...(paused === true ? [`${name} is paused: the rollout of the stable would never end`] : []),
    ...(isMapping(strategy) && strategy['type'] === 'Recreate'
      ? [`${name} has the strategy Recreate: the next release would stop all pods at once; use RollingUpdate`]
      : []),
  ]
}

/**
 * A selector is fixed for the life of a Deployment; the server's own answer to a template that does not fit it names
 * neither file nor reason.
 * @throws InvalidInput
 */
export function refuseOtherSelector(manifest: AnyObject, live: Deployment): void {
  const { selector } = specOf(manifest)
  if (!isMapping(selector) || canonical(selector) === canonical(live.spec?.selector)) return
  const name = live.metadata?.name
  throw new InvalidInput('manifests', JSON.stringify(selector), 'the selector that the Deployment has', {
    object: `Deployment ${name}`,
    why: [
      `Deployment ${name} selects its pods by ${JSON.stringify(live.spec?.selector)}, which can never be changed`,
      'another selector is another Deployment: create it under a new name, and release to that',
    ],
  })
}

function specOf(manifest: AnyObject): Fields {
  return isMapping(manifest['spec']) ? manifest['spec'] : {}
}

function added(value: unknown, ...path: readonly string[]): JsonPatchOperation {
  return { op: 'add', path: pointer(...path), value }
}

function differing(
  what: 'label' | 'annotation',
  wanted: Readonly<Record<string, string>>,
  present: Readonly<Record<string, string>> | undefined,
): readonly Difference[] {
  const map = `${what}s`
  return Object.entries(wanted)
    .filter(([key, value]) => present?.[key] !== value)
    .map(([key, value]) => ({
      name: `${what} ${key}`,
      patch: [
        ...(present === undefined ? [added({}, 'metadata', map)] : []),
        added(value, 'metadata', map, key),
      ],
    }))
}

/** Everything that is wanted is there; what the server has added does not count. */
function holds(present: unknown, wanted: unknown): boolean {
  if (wanted === null || wanted === undefined) return true
  if (!isMapping(wanted)) return canonical(present) === canonical(wanted)
  return isMapping(present) && Object.entries(wanted).every(([key, value]) => holds(present[key], value))
}

function withoutNotes(map: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  return texts(Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !NOTES.test(key))))
}

function texts(map: Fields): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]))
}
