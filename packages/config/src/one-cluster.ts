import { InvalidInput } from '@release-actions/values'
import type { Config } from './config.ts'
import { resolve, type Resolved } from './layers.ts'
import { placeOf } from './problem.ts'

/** The services that one kubeconfig context reaches; undefined: the context that the kubeconfig calls its own. */
interface Cluster {
  readonly context: Resolved | undefined
  readonly services: readonly string[]
}

/**
 * The kubeconfig context of services that one step acts on, all of which it reaches by one connection.
 * @returns undefined when the file names none for them
 * @throws InvalidInput when they have several: in the wrong one a service of the same name may be another
 */
export function contextOfAll(
  config: Config,
  services: readonly string[],
  environment: string | undefined,
): Resolved | undefined {
  const found = new Map<unknown, Cluster>()
  for (const service of services) {
    const context = resolve(config.data, { service, environment }).get('kube-context')
    const before = found.get(context?.value)
    found.set(context?.value, { context, services: [...(before?.services ?? []), service] })
  }
  const [only, ...others] = found.values()
  if (others.length === 0) return only?.context
  const clusters = [...found.values()]
  throw new InvalidInput('services', services.join(', '), 'services of one cluster', {
    why: clusters.map(
      (cluster) => `${config.file} has ${cluster.services.join(', ')} in ${where(config, cluster)}`,
    ),
    fix: [
      `a step for each cluster: ${clusters.map((cluster) => cluster.services.join(', ')).join('; and ')}`,
      'or give kube-context, when one reaches them all',
    ],
  })
}

function where(config: Config, { context }: Cluster): string {
  if (context === undefined) return "the kubeconfig's own context"
  return `kube-context ${String(context.value)} (${placeOf(config, context.path)})`
}
