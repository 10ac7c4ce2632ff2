import { describe, expect } from '@jest/globals'
import { footprintOf } from '../support/app.ts'
import { errorOf, failuresOf, movesOf, resultOf, servedNow } from '../support/evidence.ts'
import { embeddedScenario, scenario } from '../support/scene.ts'

const ERRORS = `
- name: errors
  scrape: {port: http, signal: error-rate}
  max: 5%
  min-samples: 1
`

describe('a version is taken back for its gates', () => {
  scenario(
    'when it errors: route first, then drained, then gone; the record and the check say why',
    { rate: 100 },
    async (scene) => {
      const { stage, github, load } = scene
      const before = await footprintOf(stage)
      const done = await scene.release({
        version: '2',
        env: { ERROR_RATE: '1' },
        inputs: { plan: '25, 100', soak: '4s', interval: '1s', gates: ERRORS },
      })

      const error = errorOf(done)
      expect(error).toContain('errors')
      expect(error).toContain('5 %')
      expect(done.outputs).toMatchObject({
        decision: 'retreated',
        'reason-code': 'unhealthy',
        weight: '0',
        version: expect.any(String),
      })
      expect(done.outputs['message']).toContain('shop is back on')
      const moves = movesOf(done)
      const back = ['retreat-route', 'verify', 'unlink', 'delete-canary', 'land']
      const after = moves.slice(moves.indexOf('retreat-route'))
      expect(after.filter((move) => back.includes(move))).toEqual(back)
      const { shifts, journal } = resultOf(done).evidence
      const gone = journal.find(({ kind }) => kind === 'delete-canary')?.at ?? 0
      expect(gone - (shifts.at(-1)?.at ?? Infinity)).toBeGreaterThanOrEqual(
        stage.kind === 'cluster' ? 8000 : 500,
      )
      expect(await footprintOf(stage)).toEqual(before)
      // Only what the new version answered failed.
      expect((load?.failed() ?? []).filter(({ version }) => version !== '2')).toEqual([])
      expect(await servedNow(load)).not.toContain('2')
      expect(github.deployments[0]?.statuses.at(-1)).toMatchObject({
        state: 'failure',
        description: expect.stringContaining('retreated'),
      })
      expect(github.checkRuns.map(({ name, conclusion }) => [name, conclusion])).toContainEqual([
        'gate / shop / errors',
        'failure',
      ])
      expect(done.summary.split('\n')[0]).toMatch(/^## /)
      expect(done.summary).toContain('errors')
    },
  )

  scenario(
    'when its Prometheus cannot be reached: inconclusive never passes',
    { rate: 40 },
    async (scene) => {
      const before = await footprintOf(scene.stage)
      const gates = `
- name: error rate
  prometheus: {url: "http://127.0.0.1:1", query: up}
  max: 5%
`
      const done = await scene.release({ version: '2', inputs: { plan: '25, 100', soak: '2s', gates } })

      expect(errorOf(done)).toContain('error rate')
      expect(done.outputs).toMatchObject({ decision: 'retreated', 'reason-code': 'inconclusive' })
      expect(await footprintOf(scene.stage)).toEqual(before)
      expect(failuresOf(scene.load)).toEqual([])
    },
  )

  embeddedScenario(
    'when GitHub is unreachable from then on: the way back needs no GitHub',
    { rate: 60 },
    async (scene) => {
      const { stage, github } = scene
      const before = await footprintOf(stage)
      const running = scene.start({
        version: '2',
        env: { ERROR_RATE: '1' },
        inputs: { plan: '25, 100', soak: '5s', interval: '1s', gates: ERRORS },
      })
      await running.logged(/prove that 25 %/)
      const fault = github.fault({ times: Infinity, fault: { kind: 'drop', effect: 'before' } })
      const done = await running.done
      fault.withdraw()

      expect(done.outputs).toMatchObject({ decision: 'retreated', 'reason-code': 'unhealthy' })
      errorOf(done)
      expect(fault.met).toBeGreaterThan(0)
      const warnings = done.annotations
        .filter(({ level }) => level === 'warning')
        .map(({ message }) => message)
      expect(warnings.join('\n')).toContain('GitHub')
      expect(await footprintOf(stage)).toEqual(before)
    },
  )

  embeddedScenario(
    'a GitHub that cannot be reached at the start stops the release with nothing touched',
    { rate: 0 },
    async (scene) => {
      const before = await footprintOf(scene.stage)
      const fault = scene.github.fault({ times: Infinity, fault: { kind: 'drop', effect: 'before' } })
      const done = await scene.release({ version: '2', inputs: { plan: '100' } })
      fault.withdraw()

      expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'unreachable' })
      errorOf(done)
      expect(await footprintOf(scene.stage)).toEqual(before)
    },
  )
})
