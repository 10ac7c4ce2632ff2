import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Container, Pod, Volume } from '../objects.ts'
import { fieldOf, type Configuration } from './environment.ts'

/** A volume that cannot be mounted yet: FailedMount, with the kubelet's message. */
export class MountError extends Error {}

/**
 * Writes a pod's volumes to its folder. A ConfigMap or Secret is written as it is now; later changes do not reach it.
 * @throws MountError
 */
export async function makeVolumes(pod: Pod, folder: string, from: Configuration): Promise<void> {
  for (const volume of pod.spec.volumes ?? []) {
    const target = path.join(folder, 'volumes', volume.name)
    await mkdir(target, { recursive: true })
    for (const [name, text] of Object.entries(contentOf(volume, pod, from))) {
      await mkdir(path.dirname(path.join(target, name)), { recursive: true })
      await writeFile(path.join(target, name), text)
    }
  }
}

/** Makes a container's `/`: the image's files, and the mounts over them. Gives the folder that it is. */
export async function makeRoot(
  container: Container,
  files: Readonly<Record<string, string>>,
  folder: string,
): Promise<string> {
  const root = path.join(folder, 'roots', container.name)
  await rm(root, { recursive: true, force: true })
  await mkdir(path.join(root, 'tmp'), { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true })
    await writeFile(path.join(root, name), text)
  }
  for (const { name, mountPath, subPath } of container.volumeMounts ?? []) {
    const target = path.join(root, mountPath)
    await rm(target, { recursive: true, force: true })
    await mkdir(path.dirname(target), { recursive: true })
    await symlink(path.join(folder, 'volumes', name, subPath ?? ''), target)
  }
  return root
}

function contentOf(volume: Volume, pod: Pod, from: Configuration): Record<string, string> {
  const { configMap, secret, downwardAPI } = volume
  if (downwardAPI !== undefined) {
    const items = downwardAPI.items ?? []
    return Object.fromEntries(
      items.map((item) => [item.path, fieldOf(pod, item.fieldRef?.fieldPath ?? '', '')]),
    )
  }
  const source = configMap ?? secret
  if (source === undefined) return {}
  const name = configMap?.name ?? secret?.secretName ?? ''
  const data = configMap === undefined ? from.secret(name) : from.configMap(name)
  if (data === undefined) {
    if (source.optional === true) return {}
    throw new MountError(
      `MountVolume.SetUp failed for volume "${volume.name}" : ${configMap === undefined ? 'secret' : 'configmap'} "${name}" not found`,
    )
  }
  if (source.items === undefined) return { ...data }
  return Object.fromEntries(source.items.map((item) => [item.path, data[item.key] ?? '']))
}
