import { describe, expect } from '@jest/globals'
import { errorless } from '../support/evidence.ts'
import { releaseAtOnce, rollBack, startRollback } from '../support/rollback.ts'
import { scenario, type Scene } from '../support/scene.ts'
import { APPLIED, switchedTwice } from '../support/switching.ts'

// GitHub takes 500 new things an hour from a repository's token, and a rollback of all services comes when other things
// fail too: of one service its record takes at most twelve writes, however often it looks; then a check run for each
// gate, and one issue.

const MOST = 12

/** How often was written since: to the record, and all else by operation. */
function writesSince({ github }: Scene, already: number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = { record: 0 }
  for (const { operation } of github.writes().slice(already)) {
    const name = operation.includes('deployment') ? 'record' : operation
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** It does write, and little. */
function expectLittle({ record = 0 }: Readonly<Record<string, number>>): void {
  expect(record).toBeGreaterThan(0)
  expect(record).toBeLessThanOrEqual(MOST)
}

const print = (text: string): string => `[node, -e, ${JSON.stringify(`console.log('${text}')`)}]`
const HOOKS = `
before:
  - {name: migrate-down, image: node:24-alpine, command: ${print('down')}}
after:
  - {name: flush, image: node:24-alpine, command: ${print('flushed')}}
`
const GATES = ['up', 'there', 'well']
  .map((name) => `- name: ${name}\n  http: {path: /, port: 8080}\n`)
  .join('')

describe('a rollback of one service writes its record at most twelve times', () => {
  scenario('with hooks, and gates that are judged ten times', { rate: 0 }, async (scene) => {
    await releaseAtOnce(scene, '2', { id: 7100 })
    await releaseAtOnce(scene, '3', { id: 7200 })
    const already = scene.github.writes().length
    const inputs = { hooks: HOOKS, gates: GATES, verify: '10', soak: '0s' }
    const done = await rollBack(scene, { run: { id: 7300 }, inputs })

    expect(errorless(done)).toEqual([])
    expect(done.outputs).toMatchObject({ decision: 'rolled-back', incident: '1' })
    const { record, ...others } = writesSince(scene, already)
    expectLittle({ record: record ?? 0 })
    // Of the pods there is a gate of its own.
    expect(others).toEqual({ 'checks/create': 4, 'issues/create': 1 })

    // Run again, it has restored it already, judges it as often, and says it in fewer words.
    const told = scene.github.writes().length
    await rollBack(scene, { run: { id: 7300, attempt: 2 }, inputs })
    const again = writesSince(scene, told)
    expect((record ?? 0) + (again['record'] ?? 0)).toBeLessThanOrEqual(MOST)
    expect(again['issues/create']).toBeUndefined()
  })

  scenario(
    'that ends a canary, is killed, and is run again, in both together',
    { rate: 0 },
    async (scene) => {
      await releaseAtOnce(scene, '2', { id: 7100 })
      const soaking = scene.start({
        version: '3',
        run: { id: 7200 },
        inputs: { plan: '50, 100', soak: '120s' },
      })
      await soaking.logged(/soak|judge/)
      const already = scene.github.writes().length
      const running = await startRollback(scene, { run: { id: 7300 } })
      await running.logged(/BACK|route/)
      running.kill()
      await Promise.all([running.done, soaking.done])
      const done = await rollBack(scene, { run: { id: 7300, attempt: 2 } })
      expect(errorless(done)).toEqual([])
      expectLittle(writesSince(scene, already))
    },
  )

  scenario('to a warm colour', APPLIED, async (scene) => {
    await switchedTwice(scene)
    const already = scene.github.writes().length
    const done = await rollBack(scene, { run: { id: 7300 } })
    expect(done.outputs).toMatchObject({ decision: 'rolled-back', version: '2.0.0' })
    expectLittle(writesSince(scene, already))
  })
})
