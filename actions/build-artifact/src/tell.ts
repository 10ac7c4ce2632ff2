import { openGitHub } from '@release-actions/action-world'
import { Cancelled, InvalidInput, messageOf } from '@release-actions/values'
import { checkOf, sizeOf, summaryOf, type Artifact } from './report.ts'
import type { Work } from './setting.ts'

/** How long GitHub may take for the check run at the end. */
const FLUSH_MS = 15_000

/** What only the place where it is kept knows. */
export interface Told {
  /** One sentence for people. */
  readonly message: string
  readonly startedAt: number
  readonly cacheHit: boolean
  /** Outputs of that place alone. */
  readonly outputs: Readonly<Record<string, string>>
}

/** Everything there is to say about it, where people and later steps look. */
export async function tell(work: Work, artifact: Artifact, told: Told): Promise<void> {
  const { kit } = work
  const { growth, sbom, signed } = artifact
  const checkRunId = await writeCheck(work, artifact, told.startedAt)
  kit.outputs.set({
    decision: artifact.decision,
    message: told.message,
    version: artifact.version,
    digest: artifact.digest,
    ...(checkRunId === undefined ? {} : { checkRunId }),
    evidence: {
      type: artifact.type,
      how: artifact.how,
      contents: artifact.contents.map(({ labels: _labels, ...content }) => content),
      stages: artifact.stages,
      growth,
      sbom,
      signed,
    },
  })
  for (const [name, value] of Object.entries(told.outputs)) kit.outputs.setOwn(name, value)
  kit.outputs.setOwn('size', String(sizeOf(artifact)))
  kit.outputs.setOwn('sbom-path', sbom?.path ?? '')
  kit.outputs.setOwn('attestation-url', signed ?? '')
  kit.outputs.setOwn('cache-hit', String(told.cacheHit))
  kit.summarize(summaryOf(artifact))
  kit.log.line(told.message)
}

export function sayUnpublished({ kit, service, version }: Work): void {
  const message = `${service} ${version} builds; nothing was published`
  kit.outputs.set({ decision: 'built', message, version })
  kit.outputs.setOwn('cache-hit', 'false')
  kit.log.line(message)
}

/** GitHub is told what is true already: where it cannot be, the artifact is no worse. */
async function writeCheck(
  { inputs, kit, http, warn }: Work,
  artifact: Artifact,
  startedAt: number,
): Promise<number | undefined> {
  if (!inputs.record) return undefined
  const { clock, context } = kit
  const enough = new AbortController()
  try {
    const { createChecks } = await import('@release-actions/github')
    const { github, jobUrl } = await openGitHub(inputs.token, kit, http)
    const checks = createChecks({ github, headSha: context.headSha(), jobUrl, warn })
    const late = clock.sleep(FLUSH_MS, enough.signal).then(() => {
      if (!enough.signal.aborted) warn('GitHub did not take the check run in time')
      return undefined
    })
    return await Promise.race([
      checks.report(checkOf(artifact, { startedAt, completedAt: clock.now() })),
      late,
    ])
  } catch (error) {
    if (error instanceof Cancelled || error instanceof InvalidInput) throw error
    warn(`the check run could not be written: ${messageOf(error)}`)
    return undefined
  } finally {
    enough.abort()
  }
}
