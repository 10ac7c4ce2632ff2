/** The repository of a user who releases the shop with our workflows: its manifests, and a short workflow that calls. */
import { appDeployment, appService, appSource } from '@release-actions/lab'
import { stringify } from 'yaml'
import { BRIEF_PODS, type Scene } from '../../support/scene.ts'
import { act, type ActOrder, type ActResult } from './act.ts'
import { REPOSITORY } from './published.ts'

/** Times for a walk of seconds; `settle` and `drain` are the stage's. */
const QUICK = { 'warm-up': '0s', soak: '1s', interval: '250ms', timeout: '60s' }

export interface ShopOrder {
  readonly workflow: string
  /** Inputs of the workflow that is called, beside those that say where the shop is. */
  readonly with?: Readonly<Record<string, string | number | boolean>>
  /** All inputs: the shop is in the configuration file. */
  readonly configured?: Readonly<Record<string, string>>
  /** The new version's behaviour. */
  readonly env?: Readonly<Record<string, string>>
  /** What the caller's own workflow is triggered by; default `push`. */
  readonly on?: object | string
  readonly refs: ActOrder['refs']
  readonly act?: Omit<Partial<ActOrder>, 'refs' | 'github'>
  readonly version?: string
}

/** What a caller of our releasing workflows grants; fewer is an error of GitHub's before anything starts. */
export const GRANTED = {
  contents: 'read',
  deployments: 'write',
  checks: 'write',
  issues: 'write',
  'id-token': 'write',
}

/** Calls one of our workflows for the scene's shop, and prints what it gave to the job after it. */
export async function release(scene: Scene, order: ShopOrder): Promise<ActResult> {
  const { workflow, refs, version = '2' } = order
  const kubeconfig = await scene.stage.roleKubeconfig()
  const caller = {
    name: 'release',
    on: order.on ?? 'push',
    permissions: {},
    jobs: {
      production: {
        permissions: GRANTED,
        uses: `${REPOSITORY}/.github/workflows/${workflow}@${Object.keys(refs)[0] ?? ''}`,
        with: order.configured ?? {
          environment: 'production',
          namespace: scene.stage.namespace,
          workload: scene.name,
          traffic: order.workflow === 'bluegreen.yml' ? `service/${scene.name}` : `httproute/${scene.name}`,
          manifests: 'k8s',
          version: `${version}.0.0`,
          settle: scene.stage.settle,
          drain: scene.stage.drain,
          ...QUICK,
          ...order.with,
        },
        secrets: { KUBECONFIG: '${{ secrets.KUBECONFIG }}' },
      },
      after: {
        needs: 'production',
        if: 'always()',
        'runs-on': 'ubuntu-latest',
        steps: [
          {
            env: {
              OUTPUTS: '${{ toJSON(needs.production.outputs) }}',
              RESULT: '${{ needs.production.result }}',
            },
            run: 'echo "result=$RESULT outputs="$OUTPUTS',
          },
        ],
      },
    },
  }
  const deployment = appDeployment({
    name: scene.name,
    version,
    replicas: 2,
    ...BRIEF_PODS,
    env: { ...BRIEF_PODS.env, ...order.env },
  })
  return act({
    ...order.act,
    files: {
      '.github/workflows/release.yml': stringify(caller),
      'k8s/deployment.json': JSON.stringify(deployment),
      ...order.act?.files,
    },
    github: scene.github,
    refs,
    secrets: { KUBECONFIG: oneLine(kubeconfig), ...order.act?.secrets },
  })
}

/** A kubeconfig in JSON on one line: a runner masks a secret line by line, and would mask every brace. */
export function oneLine(kubeconfig: string): string {
  return JSON.stringify(JSON.parse(kubeconfig))
}

/** What the workflow gave to the job after it: `result` and its outputs. */
export function givenBy({ log }: ActResult): Readonly<Record<string, string>> {
  const [, result = '', outputs = '{}'] = /result=(\S*) outputs=(\{.*?\})/.exec(log) ?? []
  return { result, ...(JSON.parse(outputs) as Readonly<Record<string, string>>) }
}

/** Another workload of the user's with a Service of its own, beside the scene's; version 1, rolled out. */
export async function deployBeside({ stage }: Scene, name: string): Promise<void> {
  for (const object of [
    appSource(name),
    appDeployment({ name, version: '1', ...BRIEF_PODS }),
    appService(name),
  ])
    await stage.applyAs('client', object)
  await stage.rolledOut(name)
}
