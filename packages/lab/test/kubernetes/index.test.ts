import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { startKubernetes, type EmbeddedKubernetes } from '../../src/kubernetes/index.ts'
import { shopTemplate } from './world.ts'

// Programs start in tens of milliseconds; on a busy machine in seconds.
jest.setTimeout(30_000)

let kubernetes: EmbeddedKubernetes
let token: string
beforeAll(async () => {
  kubernetes = await startKubernetes()
  const { users } = JSON.parse(kubernetes.kubeconfig()) as { users: [{ user: { token: string } }] }
  token = users[0].user.token
  await post('/api/v1/namespaces', { metadata: { name: 'shop' } })
  const source = readFileSync(new URL('../../apps/shop.cjs', import.meta.url), 'utf8')
  await post('/api/v1/namespaces/shop/configmaps', { metadata: { name: 'app' }, data: { 'app.cjs': source } })
  const spec = { selector: { matchLabels: { app: 'shop' } }, template: shopTemplate('shop') }
  await post('/apis/apps/v1/namespaces/shop/deployments', { metadata: { name: 'shop' }, spec })
  await post('/api/v1/namespaces/shop/services', {
    metadata: { name: 'shop' },
    spec: { selector: { app: 'shop' }, ports: [{ port: 80, targetPort: 'http' }] },
  })
  for (let ready = 0; ready === 0;) {
    const answer = await (await ask('/apis/apps/v1/namespaces/shop/deployments/shop')).json()
    ready = (answer as { status: { availableReplicas?: number } }).status.availableReplicas ?? 0
  }
})
afterAll(async () => {
  await kubernetes[Symbol.asyncDispose]()
})

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${kubernetes.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, connection: 'close' },
  })

async function post(path: string, body: object): Promise<void> {
  const answer = await ask(path, { method: 'POST', body: JSON.stringify(body) })
  if (answer.status !== 201) throw new Error(await answer.text())
}

async function podName(): Promise<string> {
  const list = (await (await ask('/api/v1/namespaces/shop/pods?labelSelector=app%3Dshop')).json()) as {
    items: [{ metadata: { name: string } }]
  }
  return list.items[0].metadata.name
}

test('a Deployment that is made over HTTP runs, and is reached by its Service', async () => {
  const url = await kubernetes.serviceUrl('shop', 'shop')
  // Available comes before the Service's data path knows of it.
  let answer: unknown
  while (answer === undefined) {
    answer = await fetch(url, { headers: { connection: 'close' } }).then(
      (response) => response.json(),
      () => undefined,
    )
  }
  expect(answer).toMatchObject({ version: '1' })
})

test('the API server leads to its log and, by proxy, to its ports', async () => {
  const pods = `/api/v1/namespaces/shop/pods/${await podName()}`
  expect(await (await ask(`${pods}/log?tailLines=1`)).text()).toBe('shop 1 listens on 8080\n')
  expect(await (await ask(`${pods}:8080/proxy/healthz`)).text()).toBe('ok\n')
  expect(await (await ask(`${pods}:8080/proxy/metrics`)).text()).toContain('process_start_time_seconds ')
  expect(await (await ask('/api/v1/namespaces/shop/services/shop:80/proxy/healthz')).text()).toBe('ok\n')
  expect((await ask(`${pods}:9999/proxy/`)).status).toBe(503)
  const previous = await ask(`${pods}/log?previous=true`)
  expect(previous.status).toBe(400)
  expect(await previous.json()).toMatchObject({
    message: `previous terminated container "app" in pod "${await podName()}" not found`,
  })
})
