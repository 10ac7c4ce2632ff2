import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { difference, undisturbed } from './support/compare.ts'
import { inParallel, seeded } from './support/sample.ts'
import { openStand, RUN, type Outcome } from './support/stand.ts'

// Killed at moments that nobody chose, and the second attempt too: the third must end where an undisturbed release
// does. FAULTS=all plays more seeds.

const RUNS = process.env['FAULTS'] === 'all' ? 24 : 2
const WIDTH = 2
/** About as long as a release takes here. */
const LONGEST_MS = 5_000
const TIMEOUT_MS = 1_800_000

test(
  'two attempts that are killed at any time, and a third that ends the release',
  async () => {
    await undisturbed('promoted')
    await undisturbed('retreated')
    const seeds = Array.from({ length: RUNS }, (_, index) => index + 1)
    const reports = await inParallel(WIDTH, seeds, killedTwice)
    expect(reports.flat().join('\n')).toBe('')
  },
  TIMEOUT_MS,
)

async function killedTwice(seed: number): Promise<readonly string[]> {
  await using stand = await openStand()
  const random = seeded(seed)
  const outcome: Outcome = random() < 0.6 ? 'promoted' : 'retreated'
  const logs: string[] = []
  for (const attempt of [1, 2]) {
    const running = stand.start(outcome, { run: { id: RUN, attempt } })
    const after = Math.round(random() * LONGEST_MS)
    await Promise.race([running.done, wait(after)])
    running.lose()
    logs.push(`attempt ${attempt}, killed after ${after} ms:`, (await running.done).log)
  }
  const last = await stand.run(outcome, { run: { id: RUN, attempt: 3 } })
  const { decision = '' } = last.outputs
  const fine = outcome === 'promoted' ? ['promoted', 'unchanged'] : ['retreated']
  const wrong = [
    ...(fine.includes(decision) ? [] : [`the third attempt says ${decision}`]),
    ...(await difference(stand, outcome)),
    ...(await stand.violations()),
  ]
  return wrong.length === 0 ? [] : [`\n——— seed ${seed}`, ...wrong, ...logs, 'attempt 3:', last.log]
}
