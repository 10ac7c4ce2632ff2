import { readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { codeOf } from '@release-actions/http'
import { InvalidInput, messageOf, NotFound } from '@release-actions/values'
import type { KubeconfigFile } from './kubeconfig.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** Where a kubeconfig was found; `in-cluster`: there is none, but a ServiceAccount is mounted. */
export type Source =
  { readonly kind: 'files'; readonly files: readonly KubeconfigFile[] } | { readonly kind: 'in-cluster' }

export const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * Finds the kubeconfig as kubectl does: the input (contents or paths), `$KUBECONFIG`, `~/.kube/config`, in-cluster.
 * Of several paths those that do not exist are passed over, as long as one does.
 * @throws InvalidInput for a path that cannot be read; NotFound when there is nothing anywhere
 */
export function findKubeconfig(input: string | undefined, env: Env): Source {
  if (input !== undefined && input.trim() !== '') {
    if (isContents(input)) {
      return { kind: 'files', files: [{ origin: 'input kubeconfig', folder: undefined, text: input }] }
    }
    return { kind: 'files', files: required(input, 'kubeconfig') }
  }
  const listed = env['KUBECONFIG']
  if (listed !== undefined && listed !== '') return { kind: 'files', files: required(listed, 'KUBECONFIG') }
  const home = env['HOME'] ?? env['USERPROFILE'] ?? os.homedir()
  const usual = read(path.join(home, '.kube', 'config'))
  if (usual !== undefined) return { kind: 'files', files: [usual] }
  if (env['KUBERNETES_SERVICE_HOST'] !== undefined && read(`${SERVICE_ACCOUNT}/token`) !== undefined) {
    return { kind: 'in-cluster' }
  }
  throw new NotFound('there is no kubeconfig', {
    why: ['the input kubeconfig and $KUBECONFIG are empty, and ~/.kube/config does not exist'],
    fix: ['log in to the cluster in an earlier step, or give the input kubeconfig a path or the contents'],
  })
}

function isContents(text: string): boolean {
  return (
    text.trimStart().startsWith('{') ||
    /[\r\n]/.test(text.trim()) ||
    /^\s*(apiVersion|kind|clusters)\s*:/.test(text)
  )
}

function required(list: string, name: string): readonly KubeconfigFile[] {
  const paths = list
    .split(path.delimiter)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  const files = paths.map(read).filter((file) => file !== undefined)
  if (files.length > 0) return files
  throw new InvalidInput(name, list, 'the path of a kubeconfig that exists, or its contents')
}

/** undefined when it does not exist. */
function read(file: string): KubeconfigFile | undefined {
  try {
    return { origin: file, folder: path.dirname(path.resolve(file)), text: readFileSync(file, 'utf8') }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined
    throw new InvalidInput('kubeconfig', file, 'a file that can be read', {
      why: [messageOf(error)],
      cause: error,
    })
  }
}
