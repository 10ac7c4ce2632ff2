import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { startLoad, withinBinomial, type Load, type Scene } from '@release-actions/lab'
import { checkoutDeployment, checkoutNeighbours } from '../support/checkout.ts'
import { expectDecision, MINUTES, now, openOnCluster, SETTLE_MS } from '../support/cluster.ts'
import { failuresOf, resultOf } from '../support/evidence.ts'

const GATES = `
- name: answers
  http: {path: /, port: 9000}
- name: restarts
  kubernetes: restarts
  max: 0
`

const INPUTS = {
  workload: 'checkout-api',
  traffic: 'httproute/storefront',
  container: 'api',
  plan: '20, 50, 100',
  soak: '6s',
  interval: '1s',
  gates: GATES,
}

test.concurrent(
  'an application with other names, labels, ports, containers, routes and neighbours than the demo',
  async () => {
    await using scene = await openOnCluster({ replicas: 1, rate: 0 })
    const { stage } = scene
    const host = `checkout-${scene.host}`
    await stage.apply(checkoutDeployment('c1', true), ...checkoutNeighbours(host, scene.name))
    await stage.rolledOut('checkout-api')
    await stage.answers(host)
    const everyone = await stage.inClusterClient('all')
    const route = await stage.get('HTTPRoute', 'storefront')
    const services = await stage.list('Service')
    await using checkout = clients(scene, host, '/checkout')
    await using rest = clients(scene, host, '/')
    const folder = mkdtempSync(join(tmpdir(), 'manifests-'))
    writeFileSync(join(folder, 'checkout.json'), JSON.stringify(checkoutDeployment('c2', true)))

    const running = scene.start({ version: '2', inputs: { ...INPUTS, manifests: folder } })
    await running.logged(/▶ judge at 50 %/)
    const held = await stage.get('HorizontalPodAutoscaler', 'checkout')
    const during = await stage.get('HTTPRoute', 'storefront')
    await running.logged(/▶ roll the new version out/)
    const early = await everyone.counts()
    const done = await running.done
    rmSync(folder, { recursive: true })

    expectDecision(done, 'promoted')
    expect(done.annotations.map(({ message }) => message).join('\n')).toMatch(/no preStop hook/)
    expect([...failuresOf(checkout.load), ...failuresOf(rest.load)]).toEqual([])
    expect(Object.keys(early)).toEqual(['c1'])
    // At each weight the canary has that share of the stable's own share, and the other backend keeps its quarter.
    const wrong = resultOf(done).evidence.shifts.flatMap(({ weight, at }, index, all) => {
      const until = all[index + 1]?.at
      if (until === undefined || weight === 0) return []
      const asked = (load: Load): Readonly<Record<string, number>> => load.counts(at + SETTLE_MS, until - 50)
      return [
        ...misses(`/checkout at ${weight} %`, asked(checkout.load), (0.75 * weight) / 100),
        ...misses(`/ at ${weight} %`, asked(rest.load), weight / 100),
      ]
    })
    expect(wrong).toEqual([])
    expect(held?.['spec']).toMatchObject({ minReplicas: 3 })
    expect(await stage.get('HorizontalPodAutoscaler', 'checkout')).toMatchObject({ spec: { minReplicas: 1 } })
    expect(during?.['spec']).not.toEqual(route?.['spec'])
    expect((await stage.get('HTTPRoute', 'storefront'))?.['spec']).toEqual(route?.['spec'])
    expect((await stage.list('Service')).map(({ spec }) => spec)).toEqual(services.map(({ spec }) => spec))
    expect(rest.load.counts(now() - 500)).not.toHaveProperty('c1')
    expect(scene.github.violations).toEqual([])
  },
  5 * MINUTES,
)

test.concurrent(
  'an image by a tag: by its digest where the registry can be asked, else by the tag, with a warning',
  async () => {
    await using scene = await openOnCluster({ replicas: 1, rate: 0 })
    const { stage } = scene
    const host = `checkout-${scene.host}`
    await stage.apply(checkoutDeployment('c1', false), ...checkoutNeighbours(host, scene.name))
    await stage.rolledOut('checkout-api')
    await stage.answers(host)
    // The same image under its long name: another pod template, that every cluster can run.
    const image = 'docker.io/library/node:24-alpine'
    const inputs = { ...INPUTS, manifests: '', image, version: '', plan: '100', soak: '1s' }
    const done = await scene.release({ version: '2', inputs })

    expectDecision(done, 'promoted')
    const { digest = '', version } = done.outputs
    const [, api] = imagesOf(await stage.get('Deployment', 'checkout-api'))
    expect(version).toBe('24-alpine')
    expect(api).toBe(digest === '' ? image : `docker.io/library/node@${digest}`)
    const messages = done.annotations.map(({ message }) => message).join('\n')
    expect(messages).toMatch(/no readinessProbe/)
    const told = done.annotations.filter(({ message }) => message.includes('is released by its tag'))
    expect(told).toHaveLength(digest === '' ? 1 : 0)
  },
  5 * MINUTES,
)

/** Clients of one path. */
function clients(scene: Scene, host: string, path: string): { readonly load: Load } & AsyncDisposable {
  const load = startLoad({
    url: `${scene.stage.gatewayUrl}${path}`,
    host,
    rate: 40,
    keepAlive: true,
    versionOf: ({ headers }) => headers['x-version'],
    timeoutMs: 10_000,
  })
  return { load, [Symbol.asyncDispose]: () => load.stop() }
}

function misses(where: string, counts: Readonly<Record<string, number>>, share: number): readonly string[] {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const seen = counts['c2'] ?? 0
  return withinBinomial(seen, all, share) ? [] : [`${where}: ${seen} of ${all}`]
}

function imagesOf(deployment: object | undefined): readonly string[] {
  const { spec } = deployment as {
    spec: { template: { spec: { containers: readonly { readonly image: string }[] } } }
  }
  return spec.template.spec.containers.map(({ image }) => image)
}
