import { describe, expect } from '@jest/globals'
import { errorless } from '../support/evidence.ts'
import { scenario } from '../support/scene.ts'
import { APPLIED, switchTo, UP } from '../support/switching.ts'

const QUIET = { ...APPLIED, rate: 0 }
/** A source has the interval to answer in: a busy machine may need all of it. */
const ONE_ROUND = { soak: '300ms', interval: '3s' }

describe('the record of a switch', () => {
  scenario(
    'holds what a rollback needs, each phase, each gate; the release before becomes inactive',
    QUIET,
    async (scene) => {
      const { github, stage } = scene
      const inputs = { ...ONE_ROUND, 'post-switch-gates': UP }
      const first = await switchTo(scene, { version: '2', run: { id: 7100 }, inputs })
      const second = await switchTo(scene, { version: '3', run: { id: 7101, attempt: 2 }, inputs })
      expect([...errorless(first), ...errorless(second)]).toEqual([])

      const [one, two] = github.deployments
      expect(github.deployments).toHaveLength(2)
      expect(two).toMatchObject({ task: 'release-actions:shop', environment: 'production', sha: github.sha })
      expect(two?.payload).toMatchObject({
        schema: 1,
        kind: 'release',
        service: 'shop',
        version: '3.0.0',
        strategy: 'bluegreen',
        previous: { version: '2.0.0', deployment: one?.id },
        target: {
          namespace: stage.namespace,
          workload: 'shop',
          container: 'app',
          traffic: 'service/shop',
        },
        run: { id: 7101, attempt: 2 },
      })
      const statuses = two?.statuses.map(({ state, description }) => `${state}: ${description}`) ?? []
      expect(statuses).toEqual([
        'queued: queued',
        'in_progress: deployed: judging before the switch',
        'in_progress: switch to blue',
        'in_progress: switched: soaking',
        'success: 3.0.0 serves all traffic, verified',
      ])
      expect(one?.statuses.map(({ state }) => state).slice(-2)).toEqual(['success', 'inactive'])
      expect(github.writes().filter(({ path }) => path.includes('deployments')).length).toBeLessThanOrEqual(
        2 * 12,
      )

      const checks = github.checkRuns.slice(-2)
      expect(checks.map(({ name, conclusion, status }) => [name, conclusion, status])).toEqual([
        ['gate / shop / pods ready', 'success', 'completed'],
        ['gate / shop / up', 'success', 'completed'],
      ])
      expect(second.outputs).toMatchObject({
        'deployment-id': String(two?.id),
        'check-run-id': expect.stringMatching(/^\d+$/),
      })
    },
  )

  scenario('is left out with record: false', QUIET, async (scene) => {
    const done = await switchTo(scene, {
      version: '2',
      inputs: { record: 'false', environment: '', token: '' },
    })

    expect(errorless(done)).toEqual([])
    expect(done.outputs).toMatchObject({ decision: 'switched', 'deployment-id': '', 'check-run-id': '' })
    expect(scene.github.events).toEqual([])
  })
})
