/**
 * Labels and annotations that must not come along onto what we create: tools that find them there take the object for
 * one of theirs, and prune it, report it as drift, or send it the requests of what it was copied from.
 */
const KEYS = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'app.kubernetes.io/instance',
  'app.kubernetes.io/managed-by',
  'argocd.argoproj.io/instance',
  // The name of a group of endpoints: two Services cannot have the same.
  'cloud.google.com/neg',
  'cloud.google.com/neg-status',
])
const DOMAINS = [
  'argocd.argoproj.io',
  'fluxcd.io',
  'helm.sh',
  'meta.helm.sh',
  'release-actions.dev',
  // They publish a Service under a name of the users': an idle colour, or a canary, would be behind it too.
  'external-dns.alpha.kubernetes.io',
  'consul.hashicorp.com',
  'tailscale.com',
]

export function copied(map: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !isNeverCopied(key)))
}

function isNeverCopied(key: string): boolean {
  const domain = key.includes('/') ? key.slice(0, key.indexOf('/')) : ''
  return KEYS.has(key) || DOMAINS.some((each) => domain === each || domain.endsWith(`.${each}`))
}
