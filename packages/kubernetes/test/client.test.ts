import { describe, expect, test } from '@jest/globals'
import { proveAccess } from '../src/access.ts'
import { World } from './world.ts'

describe('errors of the API', () => {
  test('name the object and what the server said', async () => {
    await using it = await World.start()
    await expect(it.admin.get('Service', 'nope')).rejects.toMatchObject({
      code: 'not-found',
      message: 'Service shop/nope does not exist',
    })
    const stale = [{ op: 'test', path: '/metadata/resourceVersion', value: '1' }] as const
    await expect(it.admin.patch('Service', 'shop', stale)).rejects.toMatchObject({ code: 'conflict' })
    const wrong = [{ op: 'replace', path: '/spec/selector/matchLabels/app', value: 'other' }] as const
    await expect(it.admin.patch('Deployment', 'shop', wrong)).rejects.toMatchObject({
      code: 'invalid-input',
      object: 'Deployment shop/shop',
      message: expect.stringContaining('the cluster does not accept Deployment shop/shop'),
    })
  })

  test('403 names verb, resource and namespace, and the line to add to the Role', async () => {
    await using it = await World.start()
    const message =
      'deployments.apps "shop" is forbidden: User "x" cannot patch resource "deployments" in API group "apps" in the namespace "shop"'
    it.kubernetes.faults.order({ verb: 'patch' }, { kind: 'status', code: 403, message })
    await expect(it.admin.patch('Deployment', 'shop', [])).rejects.toMatchObject({
      code: 'forbidden',
      message: 'not allowed to patch deployments.apps in namespace shop',
      why: [message],
      fix: ['add to the Role:', '- {apiGroups: ["apps"], resources: [deployments], verbs: [patch]}'],
    })
    it.kubernetes.faults.order(
      { verb: 'patch' },
      { kind: 'status', code: 403, message: 'admission webhook "w" denied the request' },
    )
    await expect(it.admin.patch('Deployment', 'shop', [])).rejects.toMatchObject({
      message: 'the server refuses to patch Deployment shop/shop',
      fix: [],
    })
  })

  test('an answer that is not JSON is said, not read as nothing', async () => {
    await using it = await World.start()
    it.kubernetes.faults.order({ verb: 'get', resource: 'services' }, { kind: 'garbage', body: '<html>' })
    await expect(it.admin.get('Service', 'shop')).rejects.toMatchObject({
      code: 'unreachable',
      why: ['<html>'],
    })
    it.kubernetes.faults.order({ verb: 'get', resource: 'services' }, { kind: 'garbage', body: '' })
    await expect(it.admin.get('Service', 'shop')).rejects.toMatchObject({ why: ['it is empty'] })
  })

  test('what may be done is not read out of half an answer, nor out of none', async () => {
    await using it = await World.start()
    const rules = [{ group: '', resource: 'pods', verbs: ['list'] }]
    const reviews = { resource: 'selfsubjectaccessreviews' }
    it.kubernetes.faults.order(reviews, { kind: 'garbage', body: '{"status": {"allo' })
    await expect(proveAccess(it.admin, rules)).rejects.toMatchObject({
      code: 'unreachable',
      why: ['{"status": {"allo'],
    })
    it.kubernetes.faults.order(reviews, { kind: 'status', code: 429 }, { times: 5 })
    await expect(proveAccess(it.admin, rules)).rejects.toMatchObject({ code: 'rate-limited' })
    await proveAccess(it.admin, rules)
  })

  test('a server that is busy for a moment is asked again', async () => {
    await using it = await World.start()
    it.kubernetes.faults.order({ verb: 'patch' }, { kind: 'status', code: 503 }, { times: 2 })
    it.kubernetes.faults.order({ verb: 'get' }, { kind: 'drop-before' })
    await it.admin.patch('Service', 'shop', [])
    await it.admin.get('Service', 'shop')
  })
})

describe('a watch', () => {
  test('goes on where it stopped when it is cut, and misses nothing', async () => {
    await using it = await World.start()
    const stop = new AbortController()
    it.kubernetes.faults.order(
      { verb: 'watch', resource: 'services' },
      { kind: 'cut', afterMs: 30 },
      { times: 2 },
    )
    const seen: string[] = []
    const watching = (async () => {
      for await (const { type, object } of it.admin.watch(
        'Service',
        { fields: 'metadata.name=shop' },
        stop.signal,
      )) {
        seen.push(`${type} ${object.metadata?.labels?.['n'] ?? ''}`)
        if (seen.length === 4) stop.abort()
      }
    })()
    for (const n of ['1', '2', '3']) {
      await new Promise((resolve) => setTimeout(resolve, 60))
      await it.admin.patch('Service', 'shop', [{ op: 'add', path: '/metadata/labels', value: { n } }])
    }
    await watching
    expect(seen).toEqual(['ADDED ', 'MODIFIED 1', 'MODIFIED 2', 'MODIFIED 3'])
  })

  test('that is not allowed ends with the reason', async () => {
    await using it = await World.start()
    it.kubernetes.faults.order({ verb: 'watch' }, { kind: 'status', code: 403 })
    const watching = (async () => {
      for await (const event of it.admin.watch('Service', {}, new AbortController().signal))
        throw new Error(event.type)
    })()
    await expect(watching).rejects.toMatchObject({ code: 'forbidden' })
  })
})

describe('a list', () => {
  test('whose pages are gone before the last one is read at once', async () => {
    await using it = await World.start()
    for (let n = 0; n <= 500; n++) {
      const metadata = { name: `entry-${n}`, labels: { list: 'long' } }
      await it.admin.create('ConfigMap', { apiVersion: 'v1', kind: 'ConfigMap', metadata })
    }
    const when = ({ query }: { readonly query: URLSearchParams }): boolean => query.has('continue')
    const gone = it.kubernetes.faults.order({ when }, { kind: 'status', code: 410 })
    const { items } = await it.admin.list('ConfigMap', { labels: 'list=long' })
    expect(gone.hits).toBe(1)
    expect(new Set(items.map(({ metadata }) => metadata?.name)).size).toBe(501)
    expect(items).toHaveLength(501)
  })
})
