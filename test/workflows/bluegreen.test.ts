/** bluegreen.yml as a user calls it from a repository of their own: through act, on the tree of a release. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from '@jest/globals'
import { servedNow } from '../support/evidence.ts'
import { serve } from '../support/gate.ts'
import { embeddedScenario } from '../support/scene.ts'
import { APPLIED } from '../support/switching.ts'
import { expectJobs } from './support/act.ts'
import { killBelow } from './support/kill.ts'
import { publish, type Published } from './support/published.ts'
import { givenBy, release } from './support/shop.ts'

const state: { published?: Published; refs: Readonly<Record<string, string>> } = { refs: {} }
beforeAll(async () => {
  state.published = await publish('1.0.0')
  state.refs = { 'v1.0.0': state.published.unpack('v1.0.0-ghes') }
})
afterAll(() => state.published?.[Symbol.dispose]())

embeddedScenario('adopts, switches, and switches again', APPLIED, async (scene) => {
  for (const version of ['2', '3']) {
    const done = await release(scene, {
      workflow: 'bluegreen.yml',
      refs: state.refs,
      version,
      with: { keep: '1h' },
    })
    expectJobs(done, { settings: 'success', switch: 'success', after: 'success' })
    expect(givenBy(done)).toMatchObject({ decision: 'switched', version: `${version}.0.0` })
  }
  expect(scene.load?.failed()).toEqual([])
})

embeddedScenario(
  'what a lost runner left switched is switched back by the job after it',
  APPLIED,
  async (scene) => {
    // A machine that is gone runs no post step; act would end everything where one fails.
    const tree = state.published?.unpack('v1.0.0-ghes') ?? ''
    writeFileSync(join(tree, 'bluegreen-switch', 'post.js'), '')
    const over = { yet: false }
    const done = await release(scene, {
      workflow: 'bluegreen.yml',
      refs: { 'v1.0.0': tree },
      with: { soak: '60s', keep: '1h' },
      act: {
        onLine: (line, pid) => {
          over.yet ||= line.includes('Job failed')
          if (/judge while it serves/.test(line))
            void killBelow(pid, /bluegreen-switch\/index\.js/, () => over.yet)
        },
      },
    })
    expectJobs(done, { settings: 'success', switch: 'failure', retreat: 'success' })
    const service = await scene.stage.get('Service', scene.name)
    expect(JSON.stringify(service?.['spec'])).toContain('"release-actions.dev/color":"blue"')
    expect(await servedNow(scene.load)).not.toContain('2')
    expect(scene.load?.failed()).toEqual([])
  },
)

embeddedScenario(
  'what fails after the switch is switched back by the step itself',
  APPLIED,
  async (scene) => {
    const switched = (): boolean =>
      scene.github.deployments.some(({ statuses }) =>
        statuses.some(({ description }) => /switched/.test(description)),
      )
    await using paging = await serve((_, response) => response.writeHead(switched() ? 500 : 200).end())
    const done = await release(scene, {
      workflow: 'bluegreen.yml',
      refs: state.refs,
      with: {
        'post-switch-gates': JSON.stringify([{ name: 'alarm', http: { url: paging.url }, min: 1 }]),
        soak: '5s',
      },
    })
    expectJobs(done, { settings: 'success', switch: 'failure' })
    expect(scene.github.deployments.map(({ statuses }) => statuses.at(-1)?.state)).toEqual(['failure'])
    expect(scene.load?.failed()).toEqual([])
  },
)
