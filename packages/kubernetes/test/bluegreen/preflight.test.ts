import { describe, expect, test } from '@jest/globals'
import type { Http } from '@release-actions/http'
import { COLOR } from '../../src/names.ts'
import { ROLE_RULES } from '../../src/index.ts'
import { appDeployment, appService, type Manifest } from '../../../lab/src/stage/objects.ts'
import { shop, World } from '../world.ts'

const HEADLESS: Manifest = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'scraped' },
  spec: { clusterIP: 'None', selector: { app: 'shop' }, ports: [{ port: 8080 }] },
}

describe('before anything is touched', () => {
  test('a Service whose selector somebody applies server-side is refused, with the lines to commit', async () => {
    await using world = await World.start()
    await world.applyAs('argocd-controller', appService())
    const it = await world.openColors()
    const refused = await it.switch.preflight().catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'invalid-input', object: 'Service shop/shop' })
    expect(String(refused)).toMatch(/argocd-controller applies its selector server-side/)
    const { fix } = refused as { fix: readonly string[] }
    expect(fix).toContain('-  selector:')
    expect(fix).toContain('-    app: shop')
    expect(fix.join('\n')).toContain('--field-manager release-actions')
  })

  test('and is not, once the selector was given to us as those lines say', async () => {
    await using world = await World.start()
    await world.applyAs('argocd-controller', appService())
    await world.applyAs('release-actions', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'shop' },
      spec: { selector: { app: 'shop' } },
    })
    const { selector: _selector, ...spec } = appService()['spec'] as { selector: object }
    await world.applyAs('argocd-controller', { ...appService(), spec })
    const it = await world.openColors()
    const { warnings, changes } = await it.switch.preflight()
    expect(warnings).toEqual([])
    expect(changes.join('\n')).toContain(`the key ${COLOR} in its selector`)
    // What is applied without the selector leaves our key alone, forced or not.
    const fence = await world.claimColors(it)
    await it.switch.read()
    await it.switch.set('blue', fence)
    await world.applyAs('argocd-controller', { ...appService(), spec })
    expect((await it.switch.read()).to).toBe('blue')
  })

  test('one that carries our key is warned about: a forced apply of it decides who serves', async () => {
    await using world = await World.start()
    await world.applyAs('argocd-controller', appService('shop', { app: 'shop', [COLOR]: 'blue' }))
    const it = await world.openColors()
    const { warnings } = await it.switch.preflight()
    expect(warnings.join()).toMatch(/its next forced apply gives that colour all the traffic/)
  })

  test('another Service to the same pods is refused for the same reason', async () => {
    await using world = await World.start()
    await world.applyAs('flux', appService('internal', { app: 'shop' }))
    const it = await world.openColors()
    await expect(it.colors.preflight()).rejects.toThrow(/Service shop\/internal cannot be switched: flux/)
  })

  test('what cannot be released is refused in the words of blue/green', async () => {
    await using world = await World.start([
      ...shop().filter(({ kind }) => kind !== 'Deployment'),
      appDeployment({ version: '1', podSpec: { hostNetwork: true }, labels: { app: 'shop' } }),
    ])
    const it = await world.openColors()
    await expect(it.colors.preflight()).rejects.toThrow(
      /cannot be released by blue\/green: the pods use hostNetwork: both colours could not share a node/,
    )
  })

  test('a headless Service, and a preview of somebody else’s', async () => {
    await using world = await World.start([...shop(), HEADLESS, appService('shop-preview', { app: 'x' })])
    const it = await world.openColors()
    expect((await it.colors.preflight()).join()).toMatch(/Service scraped is headless/)
    await expect(it.switch.preflight()).rejects.toThrow(/shop-preview exists, and is not ours/)
    const other = await world.openColors({ previewService: 'idle' })
    await expect(other.switch.preflight()).resolves.toBeDefined()
  })

  test('the documented Role is enough; one verb less is named, with the line to add', async () => {
    await using world = await World.start()
    const whole = await world.openColors({
      connection: await world.roled('whole', ROLE_RULES),
      uses: ['gates'],
    })
    await whole.colors.preflight()
    await whole.switch.preflight()
    const fence = await world.claimColors(whole)
    await whole.colors.apply('blue', 'base', 1, fence)
    await whole.switch.link('green', fence)
    await whole.switch.read()
    await whole.switch.set('blue', fence)
    const rules = ROLE_RULES.map((rule) =>
      rule.resources.includes('services') ? { ...rule, verbs: ['get', 'list'] } : rule,
    )
    const less = await world.openColors({ connection: await world.roled('less', rules) })
    await expect(less.colors.preflight()).rejects.toMatchObject({
      code: 'forbidden',
      fix: expect.arrayContaining([expect.stringContaining('resources: [services], verbs: [create, patch]')]),
    })
  })
})

describe('what selects pods of others too', () => {
  const cart = (): Manifest =>
    appDeployment({ name: 'cart', version: '1', labels: { app: 'cart', tier: 'web' } }) as Manifest
  const selecting = (name: string, spec: object = {}): Manifest => {
    const made = appService(name, { tier: 'web' })
    return { ...made, spec: { ...(made['spec'] as object), ...spec } }
  }
  const pods = async (world: World): Promise<void> => {
    const it = await world.openColors()
    await world.untilColors(it, ({ colors }) => colors.own.settled)
    const running = async (): Promise<number> =>
      (await world.admin.list('Pod', { labels: 'app=cart' })).items.length
    while ((await running()) === 0) await world.clock.sleep(50)
  }

  test('is refused where it gives requests: they would get none, or the idle colour some', async () => {
    await using world = await World.start([...shop(), cart(), selecting('web')])
    await pods(world)
    for (const traffic of ['shop', 'web']) {
      const it = await world.openColors({ traffic: { kind: 'service', name: traffic } })
      await expect(it.colors.preflight()).rejects.toThrow(
        /the Service web also selects pods of others \(cart-.*\).*give the workload a Service of its own/,
      )
    }
  })

  test('is refused for a neighbour that has no pods now: it may be scaled up again at any time', async () => {
    const asleep = appDeployment({
      name: 'cart',
      version: '1',
      replicas: 0,
      labels: { app: 'cart', tier: 'web' },
    })
    await using world = await World.start([...shop(), asleep as Manifest, selecting('web')])
    const it = await world.openColors()
    await expect(it.colors.preflight()).rejects.toThrow(
      /the Service web also selects pods of others \(those of Deployment cart\)/,
    )
  })

  test('is not refused for the colours of the workload itself, which has pods of its own only', async () => {
    const other = appDeployment({ name: 'cart', version: '1', replicas: 0, labels: { app: 'cart' } })
    await using world = await World.start([...shop(), other as Manifest, selecting('web')])
    const it = await world.openColors()
    await it.colors.apply('blue', 'base', 0, await world.claimColors(it))
    await expect((await world.openColors()).colors.preflight()).resolves.toBeDefined()
  })

  test('is left as it is where it only says which pods there are, or counts them, and is warned about', async () => {
    const budget: Manifest = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'all' },
      spec: { minAvailable: 1, selector: { matchLabels: { tier: 'web' } } },
    }
    const found = selecting('found', { clusterIP: 'None' })
    await using world = await World.start([...shop(), cart(), found, budget])
    await pods(world)
    const it = await world.openColors()
    const said = (await it.colors.preflight()).join('\n')
    expect(said).toMatch(/Service found also selects pods of others \(cart-.*left as it is/)
    expect(said).toMatch(/PodDisruptionBudget all also selects pods of others/)
    expect((await it.colors.observe()).followers).toEqual([])
  })
})

describe('a warning', () => {
  test('is given of a vertical autoscaler of the workload or of a colour', async () => {
    await using world = await World.start()
    const items = ['shop', 'shop-green', 'other'].map((name) => ({
      metadata: { name: `of-${name}` },
      spec: { targetRef: { kind: 'Deployment', name } },
    }))
    const http: Http = {
      ...world.http,
      request: async (request) => {
        const answer = await world.http.request(request)
        const asked = String(request.url).includes('verticalpodautoscalers')
        return asked ? { ...answer, status: 200, body: JSON.stringify({ items }) } : answer
      },
    }
    const it = await world.openColors({ http })
    const said = (await it.colors.preflight()).filter((each) => each.startsWith('VerticalPodAutoscaler'))
    expect(said).toEqual([
      expect.stringMatching(/^VerticalPodAutoscaler of-shop may evict pods of the one that serves/),
      expect.stringMatching(/^VerticalPodAutoscaler of-shop-green may evict/),
    ])
  })

  test('of an apply that changes no traffic is given where there was one, and not because versions differ', async () => {
    await using world = await World.start()
    const it = await world.openColors()
    const fence = await world.claimColors(it)
    // As long after the user's own as a first release is.
    await world.clock.sleep(1_100)
    await it.colors.apply('blue', 'release', 1, fence)
    await it.switch.read()
    await it.switch.set('blue', fence)
    await it.colors.scale('own', 0, fence)
    const said = async (): Promise<string> => (await (await world.openColors()).colors.preflight()).join('\n')
    expect(await said()).not.toContain('your apply')
    await world.apply(
      appDeployment({ version: 'v9', replicas: 0, labels: { app: 'shop', tier: 'web' } }) as Manifest,
    )
    await world.untilColors(it, ({ colors }) => colors.own.replicaSet !== undefined)
    expect(await said()).toMatch(/your apply changes no traffic: Deployment shop has another pod template/)
  })
})

describe('a name that is not there', () => {
  test('is told with what to look at', async () => {
    await using world = await World.start()
    await expect(world.openColors({ traffic: { kind: 'service', name: 'shopp' } })).rejects.toMatchObject({
      code: 'not-found',
      fix: expect.arrayContaining(['kubectl -n shop get services']),
    })
    await expect(world.openColors({ workload: 'shopp' })).rejects.toMatchObject({ code: 'not-found' })
  })
})
