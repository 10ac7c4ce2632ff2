import { describe, expect } from '@jest/globals'
import type { ActionResult } from '@release-actions/lab'
import { errorless, resultOf } from '../support/evidence.ts'
import { recordOf } from '../support/rollback.ts'
import { scenario } from '../support/scene.ts'

const GATES = `
- name: up
  http: {path: /, port: 8080}
`

/** A source has the interval to answer in: a busy machine may need all of it. */
const ONE_ROUND = { soak: '300ms', interval: '3s' }

describe('the record', () => {
  scenario(
    'holds what a rollback needs, each phase, each gate; the release before becomes inactive',
    { rate: 0 },
    async (scene) => {
      const { github, stage } = scene
      const inputs = { plan: '50, 100', ...ONE_ROUND, gates: GATES }
      const first = await scene.release({ version: '2', run: { id: 7100 }, inputs })
      const second = await scene.release({ version: '3', run: { id: 7101, attempt: 2 }, inputs })
      expect([...errorless(first), ...errorless(second)]).toEqual([])

      const [one, two] = github.deployments
      const target = {
        cluster: expect.any(String),
        namespace: stage.namespace,
        workload: 'shop',
        container: 'app',
        traffic: 'httproute/shop',
      }
      expect(github.deployments).toHaveLength(2)
      expect(two).toMatchObject({
        task: 'release-actions:shop',
        environment: 'production',
        sha: github.sha,
        ref: github.sha,
        transient: false,
        production: true,
      })
      expect(one?.payload).toMatchObject({
        schema: 1,
        kind: 'release',
        service: 'shop',
        version: '2.0.0',
        strategy: 'canary',
        plan: [50, 100],
        target,
        run: { id: 7100, attempt: 1 },
      })
      expect(two?.payload).toMatchObject({
        version: '3.0.0',
        previous: { version: '2.0.0', deployment: one?.id },
        run: { id: 7101, attempt: 2 },
      })
      expect(two?.statuses.map(({ state, description }) => `${state}: ${description}`)).toEqual([
        'queued: queued',
        'in_progress: canary 50 %: soaking',
        'in_progress: canary 100 %: soaking',
        'in_progress: promoting',
        'in_progress: promoting: judging the stable',
        'success: 3.0.0 serves all traffic, verified',
      ])
      for (const status of two?.statuses ?? []) expect(status.logUrl).toContain('/actions/runs/7101')
      expect(one?.statuses.map(({ state }) => state).slice(-2)).toEqual(['success', 'inactive'])
      // Of one release, with its own Deployment and the one it deactivated.
      expect(github.writes().filter(({ path }) => path.includes('deployments')).length).toBeLessThanOrEqual(
        2 * 12,
      )

      const checks = github.checkRuns.slice(-2)
      expect(checks.map(({ name, conclusion, status }) => [name, conclusion, status])).toEqual([
        ['gate / shop / pods ready', 'success', 'completed'],
        ['gate / shop / up', 'success', 'completed'],
      ])
      for (const check of checks) {
        expect(check.headSha).toBe(github.sha)
        expect(check.detailsUrl).toContain('/actions/runs/7101')
        expect(`${check.summary}\n${check.text}`).toContain('|')
        expect(check.text).toContain('```json')
      }

      expect(second.outputs).toMatchObject({
        decision: 'promoted',
        'reason-code': '',
        message: 'shop 3.0.0 serves all traffic',
        version: '3.0.0',
        'previous-version': '2.0.0',
        weight: '100',
        'deployment-id': String(two?.id),
        'check-run-id': String(checks[0]?.id),
      })
      expect(resultOf(second)).toMatchObject({ schema: 1, decision: 'promoted', version: '3.0.0' })
    },
  )

  scenario(
    'of releases whose end GitHub did not hear of is completed by the next one, which names what it replaces',
    { rate: 0 },
    async (scene) => {
      const { github } = scene
      const inputs = { plan: '100', ...ONE_ROUND }
      /** A release from whose judgement on GitHub takes no status. */
      const unheard = async (order: Parameters<typeof scene.start>[0]): Promise<ActionResult> => {
        const running = scene.start(order)
        await running.logged(/▶ judge at 100 %/)
        const away = github.fault({
          operations: ['repos/create-deployment-status'],
          times: Infinity,
          fault: { kind: 'status', status: 503 },
        })
        const done = await running.done
        away.withdraw()
        return done
      }
      const promoted = await unheard({ version: '2', run: { id: 7100 }, inputs })
      const first = recordOf(scene)
      const gates = '[{name: never, run: "exit 1"}]'
      const retreated = await unheard({ version: '3', run: { id: 7200 }, inputs: { ...inputs, gates } })
      const second = recordOf(scene)
      const last = await scene.release({ version: '4', run: { id: 7300 }, inputs })

      expect([promoted, retreated, last].map(({ outputs }) => outputs['decision'])).toEqual([
        'promoted',
        'retreated',
        'promoted',
      ])
      const open = expect.stringMatching(/: (queued|in_progress)$/)
      expect(first).toEqual([open])
      expect(second).toEqual(['release shop 2.0.0: success', open])
      const [one, two, three] = github.deployments
      expect(one?.statuses.map(({ state }) => state).slice(-2)).toEqual(['success', 'inactive'])
      expect(two?.statuses.at(-1)).toMatchObject({
        state: 'failure',
        description: expect.stringMatching(/^retreated: gate "never"/),
      })
      expect(three?.payload).toMatchObject({ previous: { version: '2.0.0', deployment: one?.id } })
    },
  )

  scenario(
    'is left out with record: false, and the Lease still says what happened',
    { rate: 0 },
    async (scene) => {
      const done = await scene.release({
        version: '2',
        inputs: { plan: '100', soak: '300ms', record: 'false', environment: '', token: '' },
      })

      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'promoted', 'deployment-id': '', 'check-run-id': '' })
      expect(scene.github.events).toEqual([])
      const lease = await scene.stage.get('Lease', 'release-actions-shop')
      const annotations = lease?.metadata['annotations'] as Readonly<Record<string, string>>
      const state: unknown = Object.values(annotations).map((text) => JSON.parse(text) as unknown)[0]
      expect(state).toMatchObject({ schema: 1, live: { outcome: 'promoted', release: { version: '2.0.0' } } })
    },
  )

  scenario(
    'is left out where the token may not write, with one warning that names the permission',
    { rate: 0 },
    async (scene) => {
      const run = { permissions: { contents: 'read', deployments: 'write' } } as const
      const done = await scene.release({
        version: '2',
        run,
        inputs: { plan: '100', ...ONE_ROUND, gates: GATES },
      })

      expect(errorless(done)).toEqual([])
      expect(done.outputs['decision']).toBe('promoted')
      const warnings = done.annotations
        .filter(({ level }) => level === 'warning')
        .map(({ message }) => message)
      expect(warnings.filter((message) => message.includes('checks: write'))).toHaveLength(1)
    },
  )

  scenario(
    'that may not be written at all is an error before anything is touched',
    { rate: 0 },
    async (scene) => {
      const done = await scene.release({
        version: '2',
        run: { permissions: { contents: 'read' } },
        inputs: { plan: '100' },
      })

      expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'forbidden' })
      expect(
        done.annotations
          .filter(({ level }) => level === 'error')
          .map(({ message }) => message)
          .join(),
      ).toContain('deployments: ')
      expect((await scene.stage.list('Deployment')).map(({ metadata }) => metadata.name)).toEqual(['shop'])
    },
  )
})
