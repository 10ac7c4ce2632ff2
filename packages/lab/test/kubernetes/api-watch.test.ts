import { describe, expect, test } from '@jest/globals'
import { CONFIG_MAPS, MERGE_PATCH, world, type World } from './api-world.ts'

async function make({ call }: World, name: string, labels: object = {}) {
  return (await call('POST', CONFIG_MAPS, { metadata: { name, labels } })).body
}

describe('watching', () => {
  test('without a version: what is there first, then changes', async () => {
    const made = await world()
    await make(made, 'a')
    const watching = await made.watch(
      `${CONFIG_MAPS}?watch=true&fieldSelector=metadata.name!%3Dkube-root-ca.crt`,
    )
    expect(await watching.next()).toMatchObject({
      type: 'ADDED',
      object: { metadata: { name: 'a' }, kind: 'ConfigMap' },
    })
    await make(made, 'b')
    await made.call('PATCH', `${CONFIG_MAPS}/b`, { data: { x: '1' } }, { type: MERGE_PATCH })
    await made.call('DELETE', `${CONFIG_MAPS}/b`)
    const types = [await watching.next(), await watching.next(), await watching.next()].map(
      (event) => event?.type,
    )
    expect(types).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
  })

  test('from a version: every change after it, none lost and none twice', async () => {
    const made = await world()
    const { metadata } = await make(made, 'a')
    await make(made, 'b')
    const watching = await made.watch(
      `${CONFIG_MAPS}?watch=1&resourceVersion=${String(metadata?.resourceVersion)}`,
    )
    expect((await watching.next())?.object.metadata?.name).toBe('b')
    await make(made, 'c')
    expect((await watching.next())?.object.metadata?.name).toBe('c')
  })

  test('through a selector an object that starts to match is ADDED, one that stops DELETED', async () => {
    const made = await world()
    const watching = await made.watch(`${CONFIG_MAPS}?watch=true&labelSelector=app%3Dx`)
    await make(made, 'a', { app: 'y' })
    const label = (app: string) =>
      made.call('PATCH', `${CONFIG_MAPS}/a`, { metadata: { labels: { app } } }, { type: MERGE_PATCH })
    await label('x')
    expect((await watching.next())?.type).toBe('ADDED')
    await label('z')
    expect((await watching.next())?.type).toBe('DELETED')
  })

  test('from a compacted version: an ERROR event with 410, and the end', async () => {
    const made = await world()
    const { metadata } = await make(made, 'a')
    await make(made, 'b')
    made.api.compact()
    const watching = await made.watch(
      `${CONFIG_MAPS}?watch=true&resourceVersion=${String(metadata?.resourceVersion)}`,
    )
    expect(await watching.next()).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired' },
    })
    expect(await watching.next()).toBeUndefined()
  })

  test('a list gives a version from which a watch misses nothing', async () => {
    const made = await world()
    const { body } = await made.call('GET', CONFIG_MAPS)
    await make(made, 'a')
    const watching = await made.watch(
      `${CONFIG_MAPS}?watch=true&resourceVersion=${String(body.metadata?.resourceVersion)}`,
    )
    expect((await watching.next())?.object.metadata?.name).toBe('a')
  })

  test('bookmarks tell how far it is, when asked for', async () => {
    const made = await world({ bookmarkMs: 5 })
    const watching = await made.watch(
      `${CONFIG_MAPS}?watch=true&allowWatchBookmarks=true&resourceVersion=${String(made.store.resourceVersion)}`,
    )
    const { metadata } = await make(made, 'a')
    const seen = []
    for (
      let event = await watching.next();
      seen.length < 20 && event !== undefined;
      event = await watching.next()
    ) {
      seen.push([event.type, event.object.metadata?.resourceVersion])
      if (event.type === 'BOOKMARK' && event.object.metadata?.resourceVersion === metadata?.resourceVersion)
        break
    }
    expect(seen).toContainEqual(['BOOKMARK', metadata?.resourceVersion])
  })

  test('initial events end with a bookmark that says so, when asked for', async () => {
    const made = await world()
    const query =
      'watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan'
    const watching = await made.watch(`${CONFIG_MAPS}?${query}`)
    expect((await watching.next())?.object.metadata?.name).toBe('kube-root-ca.crt')
    expect(await watching.next()).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    })
  })

  test('ends after timeoutSeconds', async () => {
    const made = await world()
    const watching = await made.watch(
      `${CONFIG_MAPS}?watch=true&resourceVersion=${String(made.store.resourceVersion)}&timeoutSeconds=0`,
    )
    expect(await watching.next()).toBeUndefined()
  })
})

describe('listing', () => {
  test('in pages, until there are no more', async () => {
    const made = await world()
    for (const name of ['a', 'b', 'c']) await make(made, name, { page: 'yes' })
    const names: string[] = []
    let token: string | undefined
    do {
      const { body } = await made.call(
        'GET',
        `${CONFIG_MAPS}?limit=2&labelSelector=page&continue=${token ?? ''}`,
      )
      names.push(...(body.items ?? []).map(({ metadata }) => metadata.name))
      token = body.metadata?.continue
    } while (token !== undefined)
    expect(names).toEqual(['a', 'b', 'c'])
  })

  test.each([
    ['app=x', ['a']],
    ['app!=x', ['b', 'c', 'kube-root-ca.crt']],
    ['app in (x, y)', ['a', 'b']],
    ['app notin (x),app', ['b']],
    ['!app', ['c', 'kube-root-ca.crt']],
    ['app,tier==front', ['a']],
  ])('by label: %s', async (selector, expected) => {
    const made = await world()
    await make(made, 'a', { app: 'x', tier: 'front' })
    await make(made, 'b', { app: 'y' })
    await make(made, 'c')
    const { body } = await made.call('GET', `${CONFIG_MAPS}?labelSelector=${encodeURIComponent(selector)}`)
    expect((body.items ?? []).map(({ metadata }) => metadata.name)).toEqual(expected)
  })

  test.each([
    ['app in (x,{})', 'values[1][app]'],
    ['app={}', 'values[0][app]'],
  ])('by a value that no label can have is 400: %s', async (selector, field) => {
    const made = await world()
    const long = 'y'.repeat(64)
    const text = encodeURIComponent(selector.replace('{}', long))
    const { status, body } = await made.call('GET', `${CONFIG_MAPS}?labelSelector=${text}`)
    expect(status).toBe(400)
    expect(body).toMatchObject({
      message: `unable to parse requirement: ${field}: Invalid value: "${long}": must be no more than 63 characters`,
    })
  })

  test('by a field that the kind does not have is 400', async () => {
    const { call } = await world()
    expect((await call('GET', `${CONFIG_MAPS}?fieldSelector=data.a%3D1`)).status).toBe(400)
    expect((await call('GET', '/api/v1/events?fieldSelector=involvedObject.name%3Dx')).status).toBe(200)
  })
})
