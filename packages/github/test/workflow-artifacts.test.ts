import { expect, test } from '@jest/globals'
import { Forbidden } from '@release-actions/values'
import { createWorkflowArtifacts } from '../src/index.ts'
import { world } from './world.ts'

const digest = `sha256:${'a'.repeat(64)}`
const NAME = 'site-1.4.0.tar.gz'

test('what runs of the repository left under a name, the oldest first, with the digest that GitHub reports', async () => {
  await using it = await world()
  const [first, second] = [it.hub.run().runId, it.hub.run().runId]
  const ids = [first, second].map((runId) => it.hub.leave({ name: NAME, size: 5, digest, runId }))
  it.hub.leave({ name: 'other', size: 5, digest, runId: first })
  const found = await createWorkflowArtifacts(it.github(), second).named(NAME)
  expect(found.map(({ id, runId }) => [id, runId])).toEqual([
    [ids[0], first],
    [ids[1], second],
  ])
  expect(found[0]).toEqual({
    id: ids[0],
    name: NAME,
    digest,
    size: 5,
    runId: first,
    commit: it.hub.sha,
    created: expect.any(Number),
  })
  expect(it.hub.violations).toEqual([])
})

test('what a fork left counts for its own run alone, and what has expired for nobody', async () => {
  await using it = await world()
  const fork = it.hub.leave({ name: NAME, size: 5, digest, runId: 7, fork: true })
  it.hub.leave({ name: NAME, size: 5, digest, runId: 8, expired: true })
  const asked = async (run: number) =>
    (await createWorkflowArtifacts(it.github(), run).named(NAME)).map(({ id }) => id)
  expect(await asked(9)).toEqual([])
  expect(await asked(7)).toEqual([fork])
})

test('those of old have no digest, and the newest come first', async () => {
  await using it = await world()
  const ids = [null, digest].map((one) => it.hub.leave({ name: 'a', size: 1, digest: one, runId: 7 }))
  const found = await createWorkflowArtifacts(it.github(), 9).newest(5)
  expect(found.map(({ id }) => id)).toEqual(ids.toReversed())
  expect(found.at(-1)?.digest).toBeUndefined()
})

test('a token that may not list them is told which permission it needs', async () => {
  await using it = await world()
  const asked = createWorkflowArtifacts(it.github({ contents: 'read' }), 9).named(NAME)
  const error = await asked.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Forbidden)
  expect((error as Forbidden).fix.join()).toMatch(/actions: read/)
})
