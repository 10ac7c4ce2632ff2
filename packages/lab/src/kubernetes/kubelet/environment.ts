import type { Container, EnvVar, KeySelector, Pod } from '../objects.ts'

/** The configuration that a pod may refer to: text by key, or undefined when there is no such object. */
export interface Configuration {
  configMap(name: string): Readonly<Record<string, string>> | undefined
  secret(name: string): Readonly<Record<string, string>> | undefined
}

/** A reference of the pod's that leads nowhere: CreateContainerConfigError, with the kubelet's message. */
export class ConfigError extends Error {}

/**
 * A container's environment.
 * @param base what its image brings
 * @throws ConfigError
 */
export function environmentOf(
  container: Container,
  pod: Pod,
  ip: string,
  base: Readonly<Record<string, string>>,
  from: Configuration,
): Record<string, string> {
  const env: Record<string, string> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOSTNAME: pod.metadata.name,
    HOME: '/root',
    ...base,
  }
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const source = configMapRef ?? secretRef
    if (source === undefined) continue
    const data = configMapRef === undefined ? from.secret(source.name) : from.configMap(source.name)
    if (data === undefined && source.optional !== true)
      throw missing(configMapRef === undefined ? 'secret' : 'configmap', source.name)
    for (const [key, value] of Object.entries(data ?? {})) env[prefix + key] = value
  }
  for (const variable of container.env ?? []) {
    const value = valueOf(variable, pod, ip, from)
    if (value !== undefined) env[variable.name] = expand(value, env)
  }
  return env
}

/** `$(NAME)` replaced by the variable; `$$(NAME)` and unknown names are left, as the kubelet leaves them. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$(\$)?\(([A-Za-z_][A-Za-z0-9_.-]*)\)/g,
    (whole, escaped: string | undefined, name: string) =>
      escaped === undefined ? (env[name] ?? whole) : whole.slice(1),
  )
}

function valueOf(
  { value, valueFrom }: EnvVar,
  pod: Pod,
  ip: string,
  from: Configuration,
): string | undefined {
  if (valueFrom === undefined) return value ?? ''
  const { fieldRef, configMapKeyRef, secretKeyRef } = valueFrom
  if (fieldRef !== undefined) return fieldOf(pod, fieldRef.fieldPath, ip)
  if (configMapKeyRef !== undefined)
    return keyOf(configMapKeyRef, from.configMap(configMapKeyRef.name), 'configmap', 'ConfigMap', pod)
  if (secretKeyRef !== undefined)
    return keyOf(secretKeyRef, from.secret(secretKeyRef.name), 'secret', 'Secret', pod)
  return '0'
}

function keyOf(
  ref: KeySelector,
  data: Readonly<Record<string, string>> | undefined,
  resource: string,
  kind: string,
  pod: Pod,
): string | undefined {
  const value = data?.[ref.key]
  if (value !== undefined || ref.optional === true) return value
  if (data === undefined) throw missing(resource, ref.name)
  throw new ConfigError(`couldn't find key ${ref.key} in ${kind} ${pod.metadata.namespace}/${ref.name}`)
}

function missing(resource: string, name: string): ConfigError {
  return new ConfigError(`${resource} "${name}" not found`)
}

/** The value behind a `fieldRef`. */
export function fieldOf(pod: Pod, fieldPath: string, ip: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath)
  if (keyed !== null) return pod.metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? ''
  switch (fieldPath) {
    case 'metadata.name':
      return pod.metadata.name
    case 'metadata.namespace':
      return pod.metadata.namespace ?? ''
    case 'metadata.uid':
      return pod.metadata.uid
    case 'spec.nodeName':
      return pod.spec.nodeName ?? ''
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? 'default'
    case 'status.podIP':
    case 'status.podIPs':
      return ip
    case 'status.hostIP':
      return HOST_IP
    case 'metadata.labels':
    case 'metadata.annotations':
      return Object.entries(pod.metadata[fieldPath === 'metadata.labels' ? 'labels' : 'annotations'] ?? {})
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join('\n')
    default:
      throw new ConfigError(`fieldPath "${fieldPath}" is not supported`)
  }
}

/** The lab's only node has an address from the documentation range. */
export const HOST_IP = '192.0.2.1'
