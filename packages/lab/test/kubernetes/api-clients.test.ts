import { AppsV1Api, CoreV1Api, KubeConfig, Watch, type V1Deployment } from '@kubernetes/client-node'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { StatusError } from '../../src/kubernetes/api/status-error.ts'
import type { Workloads } from '../../src/kubernetes/api/workloads.ts'
import { deployment, DEPLOYMENTS, SERVICES, world } from './api-world.ts'

describe('@kubernetes/client-node, unmodified', () => {
  test.each([{ tls: false }, { tls: true }])('reads, writes and watches, with %o', async (options) => {
    const { api } = await world(options)
    const config = new KubeConfig()
    config.loadFromString(api.kubeconfig())
    const apps = config.makeApiClient(AppsV1Api)
    const created = await apps.createNamespacedDeployment({
      namespace: 'default',
      body: deployment('web') as V1Deployment,
    })
    expect(created.spec?.replicas).toBe(1)
    const seen = new Promise<string>((resolve, reject) => {
      const watch = new Watch(config).watch(
        DEPLOYMENTS,
        {},
        (type: string, object: V1Deployment) => {
          resolve(`${type} ${object.metadata?.name ?? ''}`)
          void watch.then((controller) => {
            controller.abort()
          })
        },
        reject,
      )
    })
    expect(await seen).toBe('ADDED web')
    await expect(apps.readNamespacedDeployment({ namespace: 'default', name: 'nope' })).rejects.toMatchObject(
      { code: 404 },
    )
  })

  test('authenticates a service account by its token over TLS', async () => {
    const { api } = await world({ tls: true })
    const config = new KubeConfig()
    config.loadFromString(api.kubeconfig({ serviceAccount: 'robot', namespace: 'default' }))
    const refused = config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: 'default' })
    await expect(refused).rejects.toMatchObject({
      code: 403,
      body: expect.stringContaining('system:serviceaccount:default:robot'),
    })
  })
})

describe('discovery', () => {
  test('lists groups, resources and subresources', async () => {
    const { call } = await world()
    expect((await call('GET', '/version')).body.major).toBe('1')
    const groups = (await call('GET', '/apis')).body.groups ?? []
    expect(groups.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['apps', 'gateway.networking.k8s.io', 'coordination.k8s.io']),
    )
    const resources = (await call('GET', '/apis/apps/v1')).body.resources ?? []
    expect(resources.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['deployments', 'deployments/status', 'deployments/scale']),
    )
  })

  test('answers what is not there as the real server does', async () => {
    const { call } = await world()
    expect((await call('GET', '/api/v1/namespaces/default/foos')).body.message).toBe(
      'the server could not find the requested resource',
    )
    expect((await call('GET', '/apis/example.com/v1/foos')).body).toBe('404 page not found\n')
    expect((await call('POST', `${DEPLOYMENTS}/web`, {})).status).toBe(405)
  })
})

describe('what nodes are asked for', () => {
  let pod: Server | undefined
  afterEach(() => {
    pod?.close()
    pod = undefined
  })

  async function workloads(): Promise<Workloads> {
    const server = createServer((request, response) => {
      response.writeHead(418, { 'x-pod': 'yes' }).end(`${String(request.method)} ${String(request.url)}`)
    })
    pod = server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return {
      log: (_pod, { container, tailLines }) =>
        Promise.resolve(`${container ?? 'only'} ${String(tailLines)}\n`),
      podAddress: (_pod, wanted) =>
        Promise.resolve(wanted === 8080 ? { host: '127.0.0.1', port } : undefined),
      serviceAddress: (_service, wanted) =>
        Promise.resolve(wanted === 'http' ? { host: '127.0.0.1', port } : undefined),
    }
  }
  const POD = {
    metadata: { name: 'p' },
    spec: {
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'x' },
      ],
    },
  }

  test('logs of a container; which one must be said when there are several', async () => {
    const { call } = await world({ workloads: await workloads() })
    await call('POST', '/api/v1/namespaces/default/pods', POD)
    const log = (query: string) => call('GET', `/api/v1/namespaces/default/pods/p/log${query}`)
    expect((await log('?container=b&tailLines=5')).body).toBe('b 5\n')
    expect((await log('')).body.message).toBe(
      'a container name must be specified for pod p, choose one of: [a b]',
    )
    expect((await log('?container=z')).body.message).toBe('container z is not valid for pod p')
  })

  test('pods and Services are proxied, answers passed on as they are', async () => {
    const { call } = await world({ workloads: await workloads() })
    await call('POST', '/api/v1/namespaces/default/pods', POD)
    await call('POST', SERVICES, { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } })
    const reply = await call('GET', '/api/v1/namespaces/default/pods/p:8080/proxy/a/b?c=d')
    expect([reply.status, reply.headers['x-pod'], reply.body]).toEqual([418, 'yes', 'GET /a/b?c=d'])
    expect((await call('POST', `${SERVICES}/http:s:http/proxy/x`, {})).body).toBe('POST /x')
    expect((await call('GET', '/api/v1/namespaces/default/pods/p:81/proxy/')).status).toBe(503)
    expect((await call('GET', `${SERVICES}/s:81/proxy/`)).body.message).toBe(
      'no endpoints available for service "s"',
    )
    expect((await call('GET', `${SERVICES}/nope:80/proxy/`)).status).toBe(404)
  })

  test('errors of the nodes reach the client as a Status, and without nodes it is 501', async () => {
    const failing = {
      ...(await workloads()),
      log: () =>
        Promise.reject(new StatusError(400, 'BadRequest', 'previous terminated container not found')),
    }
    const { call, api } = await world({ workloads: failing })
    await call('POST', '/api/v1/namespaces/default/pods', POD)
    const path = '/api/v1/namespaces/default/pods/p/log?container=a&previous=true'
    expect(await call('GET', path)).toMatchObject({
      status: 400,
      body: { message: 'previous terminated container not found' },
    })
    api.workloads = undefined
    expect((await call('GET', path)).status).toBe(501)
  })
})
