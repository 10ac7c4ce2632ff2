import { appSource, type ImageContent, type Manifest } from '@release-actions/lab'

/** An image with the app in it, that says it is `version`. */
export function appFiles(version: string): ImageContent {
  const data = appSource()['data'] as Readonly<Record<string, string>>
  const program = (data['app.cjs'] ?? '').replace('env.VERSION ??', `'${version}' ??`)
  return { files: { '/srv/app.cjs': program }, command: ['node', '/srv/app.cjs'] }
}

interface PodSpec {
  readonly containers: readonly { readonly name: string; readonly image: string }[]
}

/** The containers of a Deployment's template. */
export function containersOf(deployment: Manifest | undefined): PodSpec['containers'] {
  const spec = deployment?.['spec'] as { readonly template: { readonly spec: PodSpec } } | undefined
  return spec?.template.spec.containers ?? []
}

/** What a step must leave as it was, whatever it did: the user's objects, without statuses and bookkeeping. */
export interface Footprint {
  readonly deployments: Readonly<Record<string, unknown>>
  readonly routes: Readonly<Record<string, unknown>>
  readonly services: Readonly<Record<string, unknown>>
  readonly autoscalers: Readonly<Record<string, unknown>>
}

/** A stage has these. */
interface Lists {
  list(kind: string): Promise<readonly Manifest[]>
}

export async function footprintOf(stage: Lists): Promise<Footprint> {
  const specs = async (kind: string): Promise<Readonly<Record<string, unknown>>> =>
    Object.fromEntries((await stage.list(kind)).map((object) => [object.metadata.name, object['spec']]))
  const [deployments, routes, services, autoscalers] = await Promise.all(
    ['Deployment', 'HTTPRoute', 'Service', 'HorizontalPodAutoscaler'].map(specs),
  )
  return {
    deployments: deployments ?? {},
    routes: routes ?? {},
    services: services ?? {},
    autoscalers: autoscalers ?? {},
  }
}
