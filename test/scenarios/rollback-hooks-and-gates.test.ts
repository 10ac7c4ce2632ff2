import { describe, expect } from '@jest/globals'
import { footprintOf } from '../support/app.ts'
import { errorless, errorOf, servedNow } from '../support/evidence.ts'
import { recordOf, releaseAtOnce, rollBack } from '../support/rollback.ts'
import { scenario, type Scene } from '../support/scene.ts'

const node = (code: string): string => `[node, -e, ${JSON.stringify(code)}]`
const TELL =
  "console.log('down from', process.env.ROLLBACK_FROM_VERSION, 'to', process.env.ROLLBACK_TO_VERSION)"

async function released(scene: Scene): Promise<void> {
  await releaseAtOnce(scene, '2', { id: 7100 })
  await releaseAtOnce(scene, '3', { id: 7200 })
}

describe('hooks of a rollback', () => {
  scenario(
    'run before and after it, each once, and their logs are in the summary',
    { rate: 0 },
    async (scene) => {
      const { stage, github } = scene
      await released(scene)
      const hooks = `
before:
  - {name: migrate-down, image: node:24-alpine, command: ${node(TELL)}}
after:
  - {name: flush, image: node:24-alpine, command: ${node("console.log('flushed')")}}
  - {name: flaky, image: node:24-alpine, command: ${node('process.exit(4)')}, on-failure: continue}
  - {name: other, image: node:24-alpine, services: [cart]}
`
      const done = await rollBack(scene, { run: { id: 7300 }, inputs: { hooks } })
      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'rolled-back', version: '2.0.0' })
      expect(done.summary).toContain('down from 3.0.0 to 2.0.0')
      expect(done.summary).toContain('flushed')
      expect(github.issues[0]?.body).toContain('migrate-down')
      const order = done.log
        .split('\n')
        .filter((line) => /hook |SET BACK|is live/.test(line))
        .map((line) => /migrate-down|flush|flaky|SET BACK|is live/.exec(line)?.[0])
      expect(order.slice(0, 5)).toEqual(['migrate-down', 'SET BACK', 'is live', 'flush', 'flaky'])
      const jobs = async (): Promise<number> => (await stage.list('Job')).length
      expect(await jobs()).toBe(3)
      await rollBack(scene, { run: { id: 7300, attempt: 2 }, inputs: { hooks } })
      expect(await jobs()).toBe(3)
    },
  )

  scenario('that fail before it leave the workload alone, in any attempt', { rate: 0 }, async (scene) => {
    const { stage, github } = scene
    await released(scene)
    const before = await footprintOf(stage)
    const hooks = `before: [{name: migrate-down, image: node:24-alpine, command: ${node("console.error('no such table'); process.exit(3)")}}]`
    const failed = await rollBack(scene, { run: { id: 7300 }, inputs: { hooks } })
    expect(failed.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'unhealthy' })
    expect(errorOf(failed)).toContain('the hook migrate-down did not succeed')
    expect(failed.summary).toContain('no such table')
    const again = await rollBack(scene, { run: { id: 7300, attempt: 2 }, inputs: { hooks } })
    expect(again.outputs).toMatchObject({ decision: 'failed' })
    expect((await stage.list('Job')).length).toBe(1)
    expect(await footprintOf(stage)).toEqual(before)
    expect(github.issues).toHaveLength(1)
    expect(recordOf(scene).slice(0, 2)).toEqual([
      'release shop 2.0.0: inactive',
      'release shop 3.0.0: success',
    ])
  })

  scenario(
    'and gates that cannot be meant are refused before anything is asked',
    { rate: 0 },
    async (scene) => {
      for (const [inputs, words] of [
        [{ hooks: 'before: [{name: x}]' }, 'either image (and command), or manifest'],
        [{ hooks: 'befor: []' }, 'did you mean before?'],
        [{ hooks: 'before: [{name: X, image: a}]' }, 'a Job is named after it'],
        [{ to: 'last' }, 'previous, version:1.3.2 or deployment:41'],
        [{ services: 'all, shop' }, 'all alone, or a list of services'],
        [{ services: '' }, 'the services to take back'],
        [{ services: 'a, b', workload: 'a' }, 'workload with one service only'],
        [{ drain: '1s', settle: '2s' }, 'at least the settle time'],
      ] as const) {
        const done = await rollBack(scene, { inputs })
        expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'invalid-input' })
        expect(errorOf(done)).toContain(words)
      }
      expect(scene.github.events.filter(({ method }) => method === 'POST' || method === 'PATCH')).toEqual([])
    },
  )
})

describe('the incident of a rollback', () => {
  scenario(
    'is one issue: the next rollback adds to it, and the next verified release closes it',
    { rate: 0 },
    async (scene) => {
      const { github } = scene
      await released(scene)
      await releaseAtOnce(scene, '4', { id: 7250 })
      await rollBack(scene, { run: { id: 7300 }, inputs: { reason: 'error rate <b>@everyone</b> | up' } })
      await rollBack(scene, { run: { id: 7400 } })
      expect(github.issues).toHaveLength(1)
      const [issue] = github.issues
      expect(issue?.body).not.toContain('@everyone')
      expect(issue?.body).not.toContain('<b>')
      expect(issue?.body).toContain('4.0.0')
      expect(issue?.body).toContain('Timeline')
      expect(issue?.labels.map(({ name }) => name)).toContain('service: shop')
      expect(issue?.comments).toHaveLength(1)

      await releaseAtOnce(scene, '5', { id: 7500 })
      expect(issue).toMatchObject({ state: 'closed' })
      expect(issue?.comments.at(-1)?.body).toContain('shop 5.0.0')
    },
  )

  scenario(
    'is told of a restored version that its gates do not like, which stays: going on to the bad one is no way',
    { rate: 40 },
    async (scene) => {
      await released(scene)
      const gates = '- name: never\n  http: {path: /healthz, port: 8080, status: 204}\n'
      const done = await rollBack(scene, { run: { id: 7300 }, inputs: { gates, verify: '2' } })
      expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'unhealthy', version: '2.0.0' })
      expect(errorOf(done)).toContain('2.0.0 is restored and serves, but it did not pass its verification')
      expect(done.summary).toContain('never')
      expect(await servedNow(scene.load)).not.toContain('3')
      expect(scene.github.issues[0]?.title).toContain('and that is NOT verified')
      expect(scene.github.checkRuns.some(({ name }) => name === 'gate / shop / never')).toBe(true)
    },
  )

  scenario(
    'is not lost by running it again: hooks and gates decide in every attempt until they agree',
    { rate: 0 },
    async (scene) => {
      await released(scene)
      const gates = '- name: never\n  http: {path: /healthz, port: 8080, status: 204}\n'
      for (const attempt of [1, 2]) {
        const done = await rollBack(scene, { run: { id: 7300, attempt }, inputs: { gates } })
        expect(done.outputs).toMatchObject({ decision: 'failed', version: '2.0.0' })
        expect(recordOf(scene)).toEqual([
          'release shop 2.0.0: inactive',
          'release shop 3.0.0: success',
          'rollback shop 2.0.0: failure',
        ])
      }
      const hooks = `after: [{name: flush, image: node:24-alpine, command: ${node(TELL)}}]`
      const agreed = await rollBack(scene, { run: { id: 7300, attempt: 3 }, inputs: { hooks } })
      expect(errorless(agreed)).toEqual([])
      expect(agreed.summary).toContain('down from 3.0.0 to 2.0.0')
      expect(recordOf(scene)).toEqual([
        'release shop 2.0.0: inactive',
        'release shop 3.0.0: failure',
        'rollback shop 2.0.0: success',
      ])
      expect(scene.github.issues).toHaveLength(1)
    },
  )

  scenario('that the token may not write is said once, and fails nothing', { rate: 0 }, async (scene) => {
    await released(scene)
    const run = {
      id: 7300,
      permissions: { contents: 'read', deployments: 'write', checks: 'write' },
    } as const
    const done = await rollBack(scene, { run })
    expect(errorless(done)).toEqual([])
    expect(done.outputs).toMatchObject({ decision: 'rolled-back', incident: '' })
    const said = done.annotations.filter(({ message }) => message.includes('issues: write'))
    expect(said).toHaveLength(1)
  })
})
