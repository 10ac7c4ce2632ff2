import { describe, expect, test } from '@jest/globals'
import {
  connect,
  openRollback,
  ROLE_RULES,
  type KubernetesRollback,
  type RollbackOptions,
} from '../../src/index.ts'
import { NAMESPACE, World } from '../world.ts'

async function open(world: World, options: Partial<RollbackOptions> = {}): Promise<KubernetesRollback> {
  const connection =
    options.connection ??
    (await connect({ kubeconfig: world.kubernetes.kubeconfig(), env: {}, clock: world.clock }))
  return openRollback({
    http: world.http,
    clock: world.clock,
    namespace: NAMESPACE,
    workload: 'shop',
    traffic: 'httproute/shop',
    nonce: 'rollback',
    cancelled: undefined,
    cwd: process.cwd(),
    uses: [],
    ...options,
    connection,
  })
}

/** The documented Role without some verbs of a resource. */
const without = (resource: string, ...verbs: readonly string[]): readonly object[] =>
  ROLE_RULES.map((rule) =>
    rule.resources.includes(resource)
      ? { ...rule, verbs: rule.verbs.filter((verb) => !verbs.includes(verb)) }
      : rule,
  )

describe('before a workload is set back', () => {
  test('the documented Role is enough, and nothing is written', async () => {
    await using world = await World.start()
    const connection = await world.roled('whole', ROLE_RULES)
    const it = await open(world, { connection, uses: ['hooks'] })
    const before = world.kubernetes.requests.writes().length
    await it.survey()
    await it.preflight()
    expect(world.kubernetes.requests.writes().length).toBe(before)
    it.close()
  })

  test.each([
    ['deployments', ['patch'], [], '- {apiGroups: ["apps"], resources: [deployments], verbs: [patch]}'],
    ['leases', ['update'], [], 'resources: [leases], verbs: [update]}'],
    ['jobs', ['create'], ['hooks'], 'resources: [jobs], verbs: [create]}'],
  ] as const)(
    'a Role without %s: %s is refused, with the line to add',
    async (resource, verbs, uses, line) => {
      await using world = await World.start()
      const connection = await world.roled('less', without(resource, ...verbs))
      const it = await open(world, { connection, uses })
      await expect(it.preflight()).rejects.toMatchObject({
        code: 'forbidden',
        fix: expect.arrayContaining([expect.stringContaining(line)]),
      })
      it.close()
    },
  )

  test('a paused Deployment is refused: what it is set back to would not be rolled out', async () => {
    await using world = await World.start()
    await world.admin.patch('Deployment', 'shop', [{ op: 'add', path: '/spec/paused', value: true }])
    const it = await open(world)
    await expect(it.preflight()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('is paused'),
      fix: [`kubectl -n ${NAMESPACE} rollout resume deployment shop`],
    })
    it.close()
  })
})
