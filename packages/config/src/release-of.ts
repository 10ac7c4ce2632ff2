import type { Config } from './config.ts'
import { own, resolve } from './layers.ts'
import type { Login } from './schema.ts'

/** What a workflow asks about one service in one environment, to choose its jobs: plain data, for `if:` and a matrix. */
export interface ReleaseOf {
  readonly service: string
  readonly environment: string
  readonly workload: string
  readonly namespace: string
  readonly strategy: 'canary' | 'bluegreen'
  readonly approval: 'none' | 'first' | 'each'
  /** Weights; empty where the action's own holds. */
  readonly plan: readonly number[]
  /** The repository; empty where the file does not say. */
  readonly image: string
  readonly login: Login | { readonly kind: 'none' }
  readonly url: string
}

/** An empty text is what the file does not say. */
export function releaseOf(
  { data }: Pick<Config, 'data'>,
  service: string,
  environment: string | undefined,
): ReleaseOf {
  const settings = resolve(data, { service, environment })
  const text = (key: 'workload' | 'namespace' | 'image'): string => {
    const value = settings.get(key)?.value
    return typeof value === 'string' ? value : ''
  }
  const plan = settings.get('plan')?.value
  const approval = settings.get('approval')?.value
  const inFile = own(data.environments, environment)
  return {
    service,
    environment: environment ?? '',
    workload: text('workload'),
    namespace: text('namespace'),
    strategy: settings.get('strategy')?.value === 'bluegreen' ? 'bluegreen' : 'canary',
    approval: approval === 'first' || approval === 'each' ? approval : 'none',
    plan: Array.isArray(plan) ? (plan as readonly number[]) : [],
    image: text('image'),
    login: inFile?.login ?? { kind: 'none' },
    url: inFile?.url ?? '',
  }
}
