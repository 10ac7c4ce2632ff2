import { templateHash } from '../canary/template-hash.ts'
import { APPLIED, TEMPLATE } from '../names.ts'
import type { Deployment, ReplicaSet } from '../objects.ts'
import { uncoloured } from './template.ts'

/**
 * SHA-256 (hex) of the template that the user's own Deployment would have. As noted when we applied it, since a webhook
 * may have added to it; but one that somebody changed since then is told as it is. A colour's ReplicaSets inherit the
 * notes of their time.
 */
export function templateOf(color: Deployment | ReplicaSet): string {
  const { [TEMPLATE]: noted, [APPLIED]: applied } = color.metadata?.annotations ?? {}
  if (noted !== undefined && applied === templateHash(color.spec?.template)) return noted
  const template = color.spec?.template
  return template === undefined ? '' : templateHash(uncoloured(template))
}
