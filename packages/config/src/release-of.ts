import type { Config } from './config.ts'
import { own, resolve } from './layers.ts'

/**
 * What a workflow asks about one service in one environment, to choose its jobs and to fill their inputs. All texts, as
 * inputs of workflows are; an empty one is what the file does not say.
 */
export interface ReleaseOf {
  readonly service: string
  readonly environment: string
  readonly workload: string
  readonly namespace: string
  readonly strategy: 'canary' | 'bluegreen'
  readonly approval: 'none' | 'first' | 'each'
  /** The weights as JSON: `[5, 25, 100]`. */
  readonly plan: string
  /** The repository. */
  readonly image: string
  /** JSON, as the reusable workflows take it. */
  readonly login: string
  readonly url: string
}

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
    plan: plan === undefined ? '' : JSON.stringify(plan),
    image: text('image'),
    login: loginOf({ data }, environment),
    url: inFile?.url ?? '',
  }
}

/** How to log in to the cluster of an environment, as JSON; empty where the file does not say. */
export function loginOf({ data }: Pick<Config, 'data'>, environment: string | undefined): string {
  const login = own(data.environments, environment)?.login
  return login === undefined ? '' : JSON.stringify(login)
}
