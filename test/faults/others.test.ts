import { expect, test } from '@jest/globals'
import { difference } from './support/compare.ts'
import { openStand, RUN, type Stand } from './support/stand.ts'

// Somebody else is at work on the same objects: what is theirs is not fought over, and no client notices.

const TIMEOUT_MS = 300_000

const MEDDLING: readonly (readonly [what: string, meddle: (stand: Stand) => Promise<void>])[] = [
  [
    'edits the weights',
    async ({ scene: { stage } }) => {
      const route = await stage.get('HTTPRoute', 'shop')
      const { rules } = route?.['spec'] as { rules: readonly { backendRefs: readonly { name: string }[] }[] }
      const edited = rules.map((rule) => ({
        ...rule,
        backendRefs: rule.backendRefs.map((ref) => ({ ...ref, weight: ref.name === 'shop' ? 60 : 40 })),
      }))
      await stage.patch('HTTPRoute', 'shop', { spec: { rules: edited } })
    },
  ],
]

test.each(MEDDLING)(
  'who %s during a soak ends the release: it is taken back, as a conflict',
  async (_, meddle) => {
    await using stand = await openStand()
    const running = stand.start('promoted', { inputs: { soak: '3s' } })
    await running.logged(/judge at 25 %/)
    await meddle(stand)
    const done = await running.done
    expect(done.outputs).toMatchObject({ decision: 'retreated', 'reason-code': 'conflict' })
    expect(await difference(stand, 'retreated')).toEqual([])
    expect(await stand.violations()).toEqual([])
  },
  TIMEOUT_MS,
)

test.each([
  ['older', RUN - 1, RUN],
  ['newer', RUN, RUN - 1],
])(
  'of two runs that start at one moment, the %s first, the newer one wins',
  async (_, first, second) => {
    await using stand = await openStand()
    const runs = [first, second].map((id) => ({ id, running: stand.start('promoted', { run: { id } }) }))
    const ends = await Promise.all(
      runs.map(async ({ id, running }) => ({ id, decision: (await running.done).outputs['decision'] })),
    )
    expect(ends.find(({ id }) => id === RUN)?.decision).toBe('promoted')
    expect(['superseded', 'unchanged']).toContain(ends.find(({ id }) => id !== RUN)?.decision)
    expect(await difference(stand, 'promoted', ['objects', 'lease'])).toEqual([])
    expect(await stand.violations()).toEqual([])
  },
  TIMEOUT_MS,
)
