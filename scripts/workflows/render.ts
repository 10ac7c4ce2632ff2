/**
 * A workflow of ours for runners that do not know `$/`, the reference to the running workflow's own repository and
 * commit: GitHub Enterprise Server, and act, with which the tests run them. A test holds what may differ.
 */
import { isMap, isNode, isScalar, parseDocument, visit, type Node, type Scalar } from 'yaml'

export interface Siblings {
  /** `owner/name` of the repository that holds the actions. */
  readonly repository: string
  /** A tag or a commit of it. */
  readonly ref: string
}

/** Actions of others that GitHub Enterprise Server has in another version: its artifacts are those of before v4. */
export const ON_SERVER: Readonly<Record<string, { readonly sha: string; readonly version: string }>> = {
  'actions/download-artifact': { sha: 'a9bc5e6ef2cb54c177f32aa5726adaa15e7e2d59', version: 'v3.1.0' },
}

/**
 * `$/canary-step` becomes `org/release-actions/canary-step@v1.2.3`; `deployment: false` of an environment goes, since
 * only github.com knows it: elsewhere each job with an environment files a Deployment of its own beside our record; and so
 * does the permission `attestations`, which is of github.com alone.
 * Actions that the server has in another version only are named in that. Anchors are written out; comments stay.
 * @param path where the text is from, for its first line
 */
export function renderForServer(path: string, text: string, siblings: Siblings): string {
  const document = parseDocument(text)
  const [error] = document.errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  visit(document, {
    Alias(_, alias): Node | undefined {
      const node: unknown = alias.resolve(document)?.clone()
      return isNode(node) ? node : undefined
    },
  })
  visit(document, {
    Value(_, node) {
      delete node.anchor
    },
    Pair(_, { key, value }) {
      if (!isScalar(key)) return
      if (key.value === 'environment' && isMap(value)) value.delete('deployment')
      if (key.value === 'permissions' && isMap(value)) value.delete('attestations')
      if (key.value === 'uses' && isScalar(value)) rename(value, siblings)
    },
  })
  return `# Rendered from ${path} for GitHub Enterprise Server.\n${document.toString({ lineWidth: 0 })}`
}

function rename(uses: Scalar, { repository, ref }: Siblings): void {
  const text = String(uses.value)
  const known = ON_SERVER[text.split('@')[0] ?? '']
  if (text.startsWith('$/')) uses.value = `${repository}/${text.slice(2)}@${ref}`
  if (known === undefined) return
  uses.value = text.replace(/@.*$/, `@${known.sha}`)
  uses.comment = ` ${known.version}`
}
