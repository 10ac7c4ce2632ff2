import { ReleaseError } from '@release-actions/values'
import { MANAGER } from '../client.ts'
import { isMapping } from '../config/kubeconfig.ts'
import { COLOR } from '../names.ts'
import type { ObjectMeta, Service } from '../objects.ts'
import { without } from './template.ts'

/**
 * Who applies a field server-side: the field managers with the operation Apply, except us. What such a manager owns it
 * sets again with its next forced apply, and cannot apply any more (409) where it does not force.
 * @param path of the field: `spec`, `selector`
 */
export function appliers(meta: ObjectMeta | undefined, path: readonly string[]): readonly string[] {
  const owning = (meta?.managedFields ?? []).filter(
    ({ operation, fieldsV1, manager }) =>
      operation === 'Apply' && manager !== MANAGER && owns(fieldsV1, path),
  )
  return [...new Set(owning.map(({ manager = 'somebody' }) => manager))]
}

function owns(fields: unknown, path: readonly string[]): boolean {
  let at = fields
  for (const part of path) {
    if (!isMapping(at)) return false
    at = at[`f:${part}`]
  }
  return at !== undefined
}

/**
 * A Service's selector is one atomic field: an apply server-side sets all of it, and our key would go.
 * @returns warnings, where the manifest carries our key, or the workload was adopted already
 * @throws ReleaseError with the lines to commit
 */
export function refuseSelectorOwner(namespace: string, service: Service, adopted = false): readonly string[] {
  const { metadata, spec } = service
  const [manager] = appliers(metadata, ['spec', 'selector'])
  if (manager === undefined) return []
  const object = `Service ${namespace}/${metadata?.name}`
  const key = spec?.selector?.[COLOR]
  if (key !== undefined) {
    return [
      `${object} is applied server-side by ${manager} with ${COLOR}: ${key}: its next forced apply gives that colour all the traffic, whichever serves then; leave the selector out of the manifest`,
    ]
  }
  if (adopted) {
    return [
      `${object} was applied server-side by ${manager}, which took our key out of its selector: every colour that is up has been getting requests. The live colour gets them alone again, but the next such apply does the same: leave the selector out of the manifest`,
    ]
  }
  const given = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: metadata?.name, namespace },
    spec: { selector: without(spec?.selector ?? {}) },
  })
  throw new ReleaseError(
    'invalid-input',
    `${object} cannot be switched: ${manager} applies its selector server-side, and its next forced apply would undo the switch`,
    {
      object,
      why: [
        'a selector is one field: an apply that has it sets the whole of it, without our key',
        'nothing has been changed',
      ],
      fix: [
        'give the selector to release-actions, once (it changes no traffic):',
        `kubectl apply --server-side --field-manager ${MANAGER} -f - <<< '${given}'`,
        'and commit the Service without it:',
        '   spec:',
        '-  selector:',
        ...Object.entries(without(spec?.selector ?? {})).map(([name, value]) => `-    ${name}: ${value}`),
      ],
    },
  )
}
