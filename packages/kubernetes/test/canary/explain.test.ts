import { describe, expect, test } from '@jest/globals'
import { appDeployment, type Manifest } from '../../../lab/src/stage/objects.ts'
import { NAMESPACE, World } from '../world.ts'
import type { KubernetesCanary } from '../../src/index.ts'

/** The shop with a new version that behaves as told: its template comes from manifests. */
async function release(
  it: World,
  change: (manifest: Manifest) => Manifest,
): Promise<{ canary: KubernetesCanary; fence: number }> {
  const { mkdtempSync, writeFileSync } = await import('node:fs')
  const folder = mkdtempSync('/tmp/manifests-')
  const manifest = change(appDeployment({ version: 'v2', labels: { app: 'shop', tier: 'web' } }))
  writeFileSync(`${folder}/deployment.yaml`, JSON.stringify(manifest))
  const canary = await it.open({ image: undefined, manifests: [folder] })
  const fence = await it.claim(canary)
  await canary.cluster.applyCanary(2, fence)
  return { canary, fence }
}

const edited = (
  manifest: Manifest,
  edit: (container: Record<string, unknown>, pod: Record<string, unknown>) => void,
): Manifest => {
  const copy = structuredClone(manifest) as unknown as {
    spec: { template: { spec: { containers: Record<string, unknown>[] } } }
  }
  const pod = copy.spec.template.spec
  edit(pod.containers[0] ?? {}, pod as unknown as Record<string, unknown>)
  return copy as unknown as Manifest
}

describe('pods that do not become ready, in their own words', () => {
  test('an image that is not there', async () => {
    await using it = await World.start()
    const { canary } = await release(it, (each) =>
      edited(each, (container) => (container['image'] = 'shop:nowhere')),
    )
    const { canary: seen } = await it.until(canary, (now) => (now.canary?.trouble.length ?? 0) > 0)
    for (const line of seen?.trouble ?? []) {
      expect(line).toMatch(/the image .*shop:nowhere cannot be pulled .*not found/)
    }
    // The two pods say the same once both have backed off.
    let told = await canary.cluster.explain('canary')
    const pods = (): readonly string[] => told.filter((line) => line.startsWith('pod '))
    for (let look = 0; look < 100 && pods().length > 1; look++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      told = await canary.cluster.explain('canary')
    }
    expect(pods()).toEqual([expect.stringMatching(/^pod shop-canary-.* \(and 1 more like it\)/)])
    expect(told).toContainEqual(
      expect.stringMatching(/container app: (ErrImagePull|ImagePullBackOff): .*not found/),
    )
  })

  test('a crash, with its exit code and last lines; trouble from the second restart on', async () => {
    await using it = await World.start()
    const { canary } = await release(it, (each) =>
      edited(
        each,
        (container) =>
          (container['command'] = [
            'node',
            '-e',
            'console.log("cannot reach the database"); process.exit(7)',
          ]),
      ),
    )
    const { canary: seen } = await it.until(canary, (now) => (now.canary?.trouble.length ?? 0) > 0)
    expect(seen?.trouble[0]).toMatch(
      /container app crashes again and again \(CrashLoopBackOff: exit code 7, Error, [2-9] restarts\)/,
    )
    const told = await canary.cluster.explain('canary')
    expect(told).toContainEqual(expect.stringMatching(/container app: ended with exit code 7/))
    expect(told).toContain('  | cannot reach the database')
  })

  test('a failing readiness probe is waited for, and explained', async () => {
    await using it = await World.start()
    const { canary } = await release(it, (each) =>
      edited(
        each,
        (container) =>
          (container['readinessProbe'] = { httpGet: { path: '/nowhere', port: 8081 }, periodSeconds: 1 }),
      ),
    )
    await it.until(canary, (now) => now.canary?.total === 2)
    const end = performance.now() + 5000
    let told: readonly string[] = []
    while (!told.some((line) => line.includes('Unhealthy')) && performance.now() < end)
      told = await canary.cluster.explain('canary')
    expect(told).toContainEqual(expect.stringMatching(/Unhealthy: Readiness probe failed/))
    expect((await canary.cluster.observe()).canary?.trouble).toEqual([])
  })

  test('no node to run on is waited for, and explained', async () => {
    await using it = await World.start()
    const { canary } = await release(it, (each) =>
      edited(each, (container) => (container['resources'] = { requests: { cpu: '1000' } })),
    )
    await it.until(canary, (now) => now.canary?.total === 2)
    const end = performance.now() + 5000
    let told: readonly string[] = []
    while (!told.some((line) => line.includes('Unschedulable')) && performance.now() < end)
      told = await canary.cluster.explain('canary')
    expect(told).toContainEqual(expect.stringMatching(/Unschedulable: .*Insufficient cpu/))
    expect((await canary.cluster.observe()).canary?.trouble).toEqual([])
  })

  test('a quota that is full', async () => {
    await using it = await World.start()
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'pods' },
      spec: { hard: { pods: '2' } },
    }
    const path = `/api/v1/namespaces/${NAMESPACE}/resourcequotas`
    await it.admin.raw({ method: 'POST', path, body: quota })
    const { canary } = await release(it, (each) => each)
    const { canary: seen } = await it.until(canary, (now) => (now.canary?.trouble.length ?? 0) > 0)
    expect(seen?.trouble[0]).toMatch(/cannot be created \(FailedCreate\): .*exceeded quota/)
    expect(await canary.cluster.explain('canary')).toContainEqual(
      expect.stringMatching(/ReplicaFailure is True .*exceeded quota/),
    )
  })
})
