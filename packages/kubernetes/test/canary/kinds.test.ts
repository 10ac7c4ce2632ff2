import { expect, test } from '@jest/globals'
import { createApplying } from '../../src/canary/applying.ts'
import { World } from '../world.ts'

test('a kind is not unknown because the server has no time to say what it knows', async () => {
  await using it = await World.start()
  const policy = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'p' } }
  const applying = createApplying(
    it.admin,
    { deployment: {}, template: {}, configs: [], others: [policy] },
    new Set(),
  )
  const when = ({ path }: { readonly path: string }): boolean => path === '/apis/networking.k8s.io/v1'
  it.kubernetes.faults.order({ when }, { kind: 'status', code: 503 }, { times: 5 })
  await expect(applying.typeOf(policy)).rejects.toMatchObject({ code: 'unreachable' })
  expect(await applying.typeOf(policy)).toMatchObject({ plural: 'networkpolicies' })
})
