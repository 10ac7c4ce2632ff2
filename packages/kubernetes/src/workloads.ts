import { NotFound, nearest } from '@release-actions/values'
import type { Client } from './client.ts'
import type { Deployment } from './objects.ts'
import { mapMatches } from './selectors.ts'

/**
 * A Deployment that must be there.
 * @throws NotFound with the nearest name, and those that are there
 */
export async function findDeployment(client: Client, name: string): Promise<Deployment> {
  const found = await client.find('Deployment', name)
  if (found !== undefined) return found
  const { items } = await client.list('Deployment')
  const names = items.map(({ metadata }) => metadata?.name ?? '')
  const close = nearest(name, names)
  const object = `Deployment ${client.namespace}/${name}`
  throw new NotFound(`${object} does not exist${close === undefined ? '' : `; did you mean ${close}?`}`, {
    object,
    why: [
      names.length === 0
        ? `namespace ${client.namespace} has no Deployment: is it the right one?`
        : `there are: ${names.slice(0, 20).join(', ')}`,
    ],
    fix: [`kubectl -n ${client.namespace} get deployments`],
  })
}

/** Names of the Services whose selectors match the pods of a Deployment. */
export async function servicesOf(client: Client, deployment: Deployment): Promise<readonly string[]> {
  const labels = deployment.spec?.template.metadata?.labels ?? {}
  const { items } = await client.list('Service')
  return items
    .filter(({ spec }) => mapMatches(spec?.selector, labels))
    .map(({ metadata }) => metadata?.name ?? '')
}

/** The image of the container that is called like the Deployment, else of the first one. */
export function mainImage(deployment: Deployment): string | undefined {
  const containers = deployment.spec?.template.spec?.containers ?? []
  return (containers.find(({ name }) => name === deployment.metadata?.name) ?? containers[0])?.image
}
