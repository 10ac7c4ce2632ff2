import { describe, expect, test } from '@jest/globals'
import { APPLY, CONFIG_MAPS, deployment, DEPLOYMENTS, MERGE_PATCH, world, type World } from './api-world.ts'

const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'

interface Robot extends World {
  readonly token: string
}

/** A service account that is bound to a Role with these rules. */
async function robot(rules: object[]): Promise<Robot> {
  const made = await world()
  await made.call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } })
  await made.call('POST', `${RBAC}/roles`, { metadata: { name: 'r' }, rules })
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' }
  const subjects = [{ kind: 'ServiceAccount', name: 'robot', namespace: 'default' }]
  await made.call('POST', `${RBAC}/rolebindings`, { metadata: { name: 'r' }, roleRef, subjects })
  const { body } = await made.call('POST', '/api/v1/namespaces/default/serviceaccounts/robot/token', {})
  return { ...made, token: String(body.status?.token) }
}

describe('a service account', () => {
  test('may what its Role says, and is told what it may not', async () => {
    const { call, token } = await robot([
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'create'] },
    ])
    expect((await call('POST', DEPLOYMENTS, deployment('web'), { token })).status).toBe(201)
    expect((await call('GET', `${DEPLOYMENTS}/web`, undefined, { token })).status).toBe(200)
    const message =
      'deployments.apps "web" is forbidden: User "system:serviceaccount:default:robot" cannot patch resource "deployments" in API group "apps" in the namespace "default"'
    expect(await call('PATCH', `${DEPLOYMENTS}/web`, {}, { token, type: MERGE_PATCH })).toMatchObject({
      status: 403,
      body: { reason: 'Forbidden', message, details: { name: 'web', group: 'apps', kind: 'deployments' } },
    })
    const list = await call('GET', '/api/v1/nodes', undefined, { token })
    expect(list.body.message).toBe(
      'nodes is forbidden: User "system:serviceaccount:default:robot" cannot list resource "nodes" in API group "" at the cluster scope',
    )
  })

  test('is held by resourceNames and by subresources', async () => {
    const { call, token } = await robot([
      { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['get'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get'], resourceNames: ['mine'] },
    ])
    await call('POST', DEPLOYMENTS, deployment('web'))
    const status = async (path: string) => (await call('GET', path, undefined, { token })).status
    expect([await status(`${DEPLOYMENTS}/web/scale`), await status(`${DEPLOYMENTS}/web`)]).toEqual([200, 403])
    expect([await status(`${CONFIG_MAPS}/mine`), await status(`${CONFIG_MAPS}/other`)]).toEqual([404, 403])
  })

  test('needs create, beside patch, to apply what is not there', async () => {
    const { call, token } = await robot([
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['patch'] },
    ])
    const reply = await call('PATCH', `${DEPLOYMENTS}/web?fieldManager=x`, deployment('web'), {
      token,
      type: APPLY,
    })
    expect(reply).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining('cannot create resource "deployments"') },
    })
  })

  test('can ask what it may, and is told the same as requests are', async () => {
    const { call, token } = await robot([{ apiGroups: [''], resources: ['pods/log'], verbs: ['get'] }])
    const ask = async (resourceAttributes: object) =>
      (await call('POST', REVIEWS, { spec: { resourceAttributes } }, { token })).body.status
    const log = { namespace: 'default', verb: 'get', resource: 'pods', subresource: 'log' }
    expect(await ask(log)).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "r/default" of Role "r" to ServiceAccount "robot/default"',
    })
    expect(await ask({ ...log, subresource: '' })).toEqual({ allowed: false })
    expect(await ask({ ...log, namespace: 'kube-system' })).toEqual({ allowed: false })
  })

  test('loses its rights with its binding', async () => {
    const { call, token } = await robot([{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }])
    expect((await call('GET', CONFIG_MAPS, undefined, { token })).status).toBe(200)
    await call('DELETE', `${RBAC}/rolebindings/r`)
    expect((await call('GET', CONFIG_MAPS, undefined, { token })).status).toBe(403)
  })
})

test('a token that nobody holds, or that was revoked, is 401', async () => {
  const { call, api } = await world()
  expect(await call('GET', CONFIG_MAPS, undefined, { token: 'x' })).toMatchObject({
    status: 401,
    body: { reason: 'Unauthorized' },
  })
  const token = api.users.adminToken
  api.users.revoke(token)
  expect((await call('GET', CONFIG_MAPS, undefined, { token })).status).toBe(401)
})
