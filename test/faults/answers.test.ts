import { describe, expect, test } from '@jest/globals'
import type { EmbeddedGitHub, EmbeddedKubernetes, FaultEffect } from '@release-actions/lab'
import { difference, undisturbed } from './support/compare.ts'
import { isAction, isWrite } from './support/killing.ts'
import { inParallel, sample } from './support/sample.ts'
import { openStand, type Outcome, type Stand } from './support/stand.ts'

// Bad answers, from the moment a phase begins: the release ends as if they had been good ones, and no client notices.

const WIDTH = 2
const TIMEOUT_MS = 1_800_000

interface Phase {
  readonly name: string
  readonly outcome: Outcome
  /** The line of the log with which it begins. */
  readonly begins: RegExp
}

const PHASES: readonly Phase[] = [
  { name: 'adopting', outcome: 'promoted', begins: /deploy the canary/ },
  { name: 'shifting', outcome: 'promoted', begins: /give the canary 25 %/ },
  { name: 'soaking', outcome: 'promoted', begins: /judge at 25 %/ },
  { name: 'promoting', outcome: 'promoted', begins: /roll the new version out/ },
  { name: 'retreating', outcome: 'retreated', begins: /ROUTE BACK/ },
]

interface Trouble {
  readonly name: string
  order(stand: Stand): void
}

type GitHubFault = Parameters<EmbeddedGitHub['fault']>[0]['fault']
type ApiRequest = Parameters<Parameters<EmbeddedKubernetes['faults']['onWrite']>[0]>[0]

const kubernetes = (name: string, effect: FaultEffect, times: number, writes = false): Trouble => ({
  name: `Kubernetes ${name}`,
  order: ({ kubernetes: { faults } }) => {
    const when = (request: ApiRequest): boolean => isAction(request) && (!writes || isWrite(request))
    faults.order({ when }, effect, { times })
  },
})

const github = (name: string, fault: GitHubFault, times: number): Trouble => ({
  name: `GitHub ${name}`,
  order: ({ scene }) => void scene.github.fault({ fault, times }),
})

const TROUBLES: readonly Trouble[] = [
  kubernetes('answers 500', { kind: 'status', code: 500 }, 6),
  kubernetes('answers 503', { kind: 'status', code: 503 }, 6),
  kubernetes('answers 429, with Retry-After', { kind: 'status', code: 429, retryAfter: 1 }, 4),
  kubernetes('answers 409 to writes', { kind: 'status', code: 409 }, 5, true),
  kubernetes('drops requests', { kind: 'drop-before' }, 6),
  kubernetes('drops answers', { kind: 'drop-after' }, 6),
  kubernetes('drops the answers to writes', { kind: 'drop-after' }, 4, true),
  kubernetes('answers with a page', { kind: 'garbage', body: '<html>502 Bad Gateway</html>' }, 4),
  kubernetes('answers with nothing', { kind: 'garbage', body: '' }, 4),
  kubernetes('answers writes with nothing', { kind: 'garbage', body: '' }, 3, true),
  { name: 'Kubernetes cuts all watches', order: ({ kubernetes: { faults } }) => void faults.cutWatches() },
  {
    name: 'Kubernetes is frozen for 3 s',
    order: ({ kubernetes: { faults } }) => {
      const frozen = faults.order({}, { kind: 'freeze' }, { times: Infinity })
      setTimeout(() => {
        frozen.cancel()
        faults.thaw()
      }, 3_000)
    },
  },
  github('answers 500', { kind: 'status', status: 500 }, 6),
  github('answers 502', { kind: 'status', status: 502 }, 3),
  github('drops requests', { kind: 'drop', effect: 'before' }, 4),
  github('drops answers', { kind: 'drop', effect: 'after' }, 4),
  github('answers with a page', { kind: 'garbage' }, 2),
  github('answers with nothing', { kind: 'empty' }, 2),
  github('breaks off its answers', { kind: 'truncated' }, 2),
  github('asks for a pause', { kind: 'secondary-limit', status: 403, retryAfter: 1 }, 2),
]

describe('bad answers', () => {
  test(
    'change nothing about how a release ends, whatever the phase in which they come',
    async () => {
      await Promise.all([undisturbed('promoted'), undisturbed('retreated')])
      const cases = TROUBLES.flatMap((trouble) => PHASES.map((phase) => ({ trouble, phase })))
      const reports = await inParallel(WIDTH, sample(cases, 6), troubled)
      expect(reports.flat().join('\n')).toBe('')
    },
    TIMEOUT_MS,
  )
})

async function troubled({ trouble, phase }: { trouble: Trouble; phase: Phase }): Promise<readonly string[]> {
  await using stand = await openStand()
  const running = stand.start(phase.outcome)
  // A release that ends before is no end of the test: what it ended as will be said.
  const begun = await running.logged(phase.begins).then(
    () => true,
    () => false,
  )
  if (begun) trouble.order(stand)
  const done = await running.done
  const { decision = '' } = done.outputs
  const wrong = [
    ...(decision === phase.outcome ? [] : [`it says ${decision}`]),
    ...(await difference(stand, phase.outcome)),
    ...(await stand.violations()),
  ]
  return wrong.length === 0 ? [] : [`\n——— ${trouble.name}, ${phase.name}`, ...wrong, done.log]
}
