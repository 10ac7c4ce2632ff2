/**
 * Labels and annotations that must not come along onto what we create: tools that find them there take the object for
 * one of theirs, and prune it or report it as drift.
 */
const KEYS = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'app.kubernetes.io/instance',
  'app.kubernetes.io/managed-by',
  'argocd.argoproj.io/instance',
])
const DOMAINS = ['argocd.argoproj.io', 'fluxcd.io', 'helm.sh', 'meta.helm.sh', 'release-actions.dev']

export function copied(map: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !isNeverCopied(key)))
}

function isNeverCopied(key: string): boolean {
  const domain = key.includes('/') ? key.slice(0, key.indexOf('/')) : ''
  return KEYS.has(key) || DOMAINS.some((each) => domain === each || domain.endsWith(`.${each}`))
}
