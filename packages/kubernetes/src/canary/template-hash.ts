import { createHash } from 'node:crypto'
import type { PodTemplate } from '../objects.ts'

/**
 * SHA-256 (hex) of a pod template as the server holds it: the same for two templates that would run the same pods.
 * Left out: what controllers add (`pod-template-hash`, `creationTimestamp`) and `kubectl rollout restart`'s mark,
 * which starts the same version again.
 */
export function templateHash(template: PodTemplate | undefined): string {
  const { metadata = {}, spec } = template ?? {}
  const labels = without(metadata.labels ?? {}, ['pod-template-hash'])
  const annotations = without(metadata.annotations ?? {}, ['kubectl.kubernetes.io/restartedAt'])
  return createHash('sha256').update(canonical({ labels, annotations, spec })).digest('hex')
}

/** Loads what the first hash would take some milliseconds to load, once the requests before it are on their way. */
export function loadHashing(): void {
  setImmediate(() => createHash('sha256'))
}

/** The template of a ReplicaSet as its Deployment has it. */
export function withoutHash(template: PodTemplate): PodTemplate {
  const { 'pod-template-hash': _hash, ...labels } = template.metadata?.labels ?? {}
  return { ...template, metadata: { ...template.metadata, labels } }
}

function without(
  labels: Readonly<Record<string, string>>,
  keys: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !keys.includes(key)))
}

/** JSON with sorted keys; null and undefined fields do not count. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const entries = Object.entries(value)
    .filter(([, each]) => each !== undefined && each !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`
}
