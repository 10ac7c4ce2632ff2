import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { Hook } from '@release-actions/ports'
import { createHooks, type HooksOptions } from '../src/index.ts'
import { IMAGE, shop, World } from './world.ts'

const hooks = (world: World, change: Partial<HooksOptions> = {}) =>
  createHooks({
    client: world.admin,
    clock: world.clock,
    workload: 'shop',
    run: { id: 7, attempt: 1 },
    values: { 'from-version': '3.0.0', 'to-image': IMAGE },
    cwd: process.cwd(),
    ...change,
  })

const saying = (code: string, more: Partial<Hook> = {}): Hook => ({
  name: 'migrate-down',
  work: { kind: 'image', image: '{{ to-image }}', command: ['node', '-e', code] },
  timeout: 20_000,
  ...more,
})
const never = new AbortController().signal

describe('a hook', () => {
  test('runs as a Job that knows what is rolled back, once in a run, and its log comes back', async () => {
    await using world = await World.start(shop({ replicas: 1 }))
    const hook = saying("console.log('down from', process.env.ROLLBACK_FROM_VERSION)")
    const first = await hooks(world).run(hook, never)
    expect(first).toMatchObject({
      job: 'shop-migrate-down-7',
      outcome: 'succeeded',
      before: false,
      log: ['down from 3.0.0'],
    })
    const again = await hooks(world, { run: { id: 7, attempt: 2 } }).run(hook, never)
    expect(again).toMatchObject({ outcome: 'succeeded', before: true, log: ['down from 3.0.0'] })
    expect((await world.admin.list('Job')).items).toHaveLength(1)
    const other = await hooks(world, { run: { id: 8, attempt: 1 } }).run(hook, never)
    expect(other).toMatchObject({ job: 'shop-migrate-down-8', before: false })
  })

  test("is not taken for another workload's, whose name and hook read the same when put together", async () => {
    await using world = await World.start(shop({ replicas: 1 }))
    const one = hooks(world)
    const other = hooks(world, { workload: 'shop-api' })
    const [first, second] = await Promise.all([
      one.run(saying("console.log('one')", { name: 'api-flush' }), never),
      other.run(saying("console.log('other')", { name: 'flush' }), never),
    ])
    expect([first.log, second.log]).toEqual([['one'], ['other']])
    const again = await Promise.all([
      one.run(saying('0', { name: 'api-flush' }), never),
      other.run(saying('0', { name: 'flush' }), never),
    ])
    expect(again.map(({ before, log }) => [before, log])).toEqual([
      [true, ['one']],
      [true, ['other']],
    ])
    expect((await world.admin.list('Job')).items).toHaveLength(2)
  })

  test('that fails is not tried again, and says why', async () => {
    await using world = await World.start(shop({ replicas: 1 }))
    const result = await hooks(world).run(saying("console.error('no such table'); process.exit(3)"), never)
    expect(result).toMatchObject({ outcome: 'failed', log: ['no such table'] })
    expect(result.reason).toContain('BackoffLimitExceeded')
    const pods = (await world.admin.list('Pod', { labels: 'job-name=shop-migrate-down-7' })).items
    expect(pods).toHaveLength(1)
    const again = await hooks(world).run(saying('0'), never)
    expect(again).toMatchObject({ outcome: 'failed', before: true })
  })

  test('is ended at its timeout', async () => {
    await using world = await World.start(shop({ replicas: 1 }))
    const result = await hooks(world).run(saying('setInterval(() => 0, 1000)', { timeout: 1000 }), never)
    expect(result.outcome).toBe('timed-out')
  })

  test('is left to itself by a step that is cancelled', async () => {
    await using world = await World.start(shop({ replicas: 1 }))
    const stop = new AbortController()
    const running = hooks(world).run(saying('setTimeout(() => 0, 3000)'), stop.signal)
    stop.abort()
    expect(await running).toMatchObject({ outcome: 'interrupted' })
    expect((await world.admin.list('Job')).items).toHaveLength(1)
  })

  test('may be a Job of a file, which keeps what it says', async () => {
    await using world = await World.start(shop({ replicas: 1 }))
    const cwd = mkdtempSync(join(tmpdir(), 'hooks-'))
    writeFileSync(
      join(cwd, 'flush.yml'),
      `apiVersion: batch/v1
kind: Job
metadata: {name: flush, labels: {team: shop}}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - {name: flush, image: ${IMAGE}, command: [node, -e, "console.log('flushed', process.env.KEPT)"], env: [{name: KEPT, value: 'yes'}]}
`,
    )
    const hook: Hook = { name: 'flush', work: { kind: 'manifest', path: 'flush.yml' }, timeout: 20_000 }
    const result = await hooks(world, { cwd }).run(hook, never)
    expect(result).toMatchObject({ job: 'shop-flush-7', outcome: 'succeeded', log: ['flushed yes'] })
    expect((await world.admin.get('Job', 'shop-flush-7')).metadata?.labels).toMatchObject({ team: 'shop' })
  })

  test.each([
    ['nothing.yml', undefined, 'a file that can be read'],
    ['broken.yml', 'a: [', 'YAML that can be read'],
    ['pod.yml', 'apiVersion: v1\nkind: Pod', 'a file with one Job'],
    [
      'empty.yml',
      'apiVersion: batch/v1\nkind: Job\nspec: {template: {spec: {containers: []}}}',
      'a Job with containers',
    ],
  ])('is refused before anything is touched: %s', async (file, text, legal) => {
    const cwd = mkdtempSync(join(tmpdir(), 'hooks-'))
    if (text !== undefined) writeFileSync(join(cwd, file), text)
    await using world = await World.start([])
    const hook: Hook = { name: 'x', work: { kind: 'manifest', path: file }, timeout: 1000 }
    await expect(hooks(world, { cwd }).check(hook)).rejects.toThrow(legal)
    expect((await world.admin.list('Job')).items).toEqual([])
  })

  test('with an image that is not known is refused', async () => {
    await using world = await World.start([])
    const hook = saying('0', { work: { kind: 'image', image: '{{ from-image }}', command: [] } })
    await expect(hooks(world).check(hook)).rejects.toThrow('{{ to-image }}')
  })
})
