import { copied } from '../canary/never-copied.ts'
import { apiVersionOf, type Service } from '../objects.ts'

export interface CanaryServiceOptions {
  readonly name: string
  readonly selector: Readonly<Record<string, string>>
  /** The Deployment that it goes with; undefined: it stays until somebody deletes it. */
  readonly owner: { readonly name: string; readonly uid: string } | undefined
  readonly annotations: Readonly<Record<string, string>>
}

/** A Service of ours beside the user's (a canary's, a colour's, a preview): the user's ports over other pods. */
export function canaryServiceOf(stable: Service, options: CanaryServiceOptions): Service {
  const { ports = [], ipFamilies, ipFamilyPolicy, clusterIP, sessionAffinity } = stable.spec ?? {}
  return {
    apiVersion: apiVersionOf('Service'),
    kind: 'Service',
    metadata: {
      name: options.name,
      ...(stable.metadata?.namespace !== undefined && { namespace: stable.metadata.namespace }),
      labels: copied(stable.metadata?.labels),
      annotations: { ...copied(stable.metadata?.annotations), ...options.annotations },
      ...(options.owner !== undefined && {
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            ...options.owner,
            controller: false,
            blockOwnerDeletion: false,
          },
        ],
      }),
    },
    spec: {
      type: 'ClusterIP',
      selector: options.selector,
      ports: ports.map(({ nodePort: _nodePort, ...port }) => port),
      ...(clusterIP === 'None' && { clusterIP }),
      ...(sessionAffinity !== undefined && { sessionAffinity }),
      ...(ipFamilies !== undefined && { ipFamilies }),
      ...(ipFamilyPolicy !== undefined && { ipFamilyPolicy }),
    },
  }
}
