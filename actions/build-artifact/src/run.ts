import type { Kit } from '@release-actions/action-kit'
import { httpOf, openGitHub } from '@release-actions/action-world'
import { readContent } from '@release-actions/artifact'
import { Cancelled, InvalidInput, messageOf, NotFound, TimedOut } from '@release-actions/values'
import { assertMaySign, gather } from './evidence.ts'
import { makeImage } from './image.ts'
import type { BuildInputs } from './inputs.ts'
import { checkOf, sizeOf, summaryOf, type Artifact } from './report.ts'
import { endedBecause, openSetting, serviceOf, type Made, type Setting } from './setting.ts'
import { Stages } from './stages.ts'

/** How long GitHub may take for the check run at the end. */
const FLUSH_MS = 15_000

/** Builds once, gives the result its version, and names it by its digest. */
export async function run(inputs: BuildInputs, kit: Kit): Promise<void> {
  refuseWhatDoesNotFit(inputs)
  const { clock } = kit
  const startedAt = clock.now()
  const stages = new Stages(kit)
  const warnings = new Set<string>()
  const warn = (text: string): void => {
    warnings.add(text)
    kit.log.warning(text)
  }
  const over = new AbortController()
  const finished = new AbortController()
  kit.cancelled.addEventListener('abort', () => over.abort(), { once: true })
  if (kit.cancelled.aborted) over.abort()
  void clock.sleep(inputs.timeout, finished.signal).then(() => {
    if (!finished.signal.aborted) over.abort()
  })
  const http = httpOf(kit)
  try {
    const setting = openSetting(inputs, kit, http, stages, over.signal, warn)
    if (inputs.verify !== undefined)
      return await (await import('./read-only.ts')).verify(setting, inputs.verify)
    if (inputs.history !== undefined)
      return await (await import('./read-only.ts')).history(setting, inputs.history)
    assertMaySign(inputs)
    const made = await make(setting).catch((error: unknown) => {
      // Whatever the end of the signal looked like from where it was noticed.
      throw over.signal.aborted && !(error instanceof TimedOut) ? endedBecause(setting) : error
    })
    if (!inputs.push) return sayUnpublished(setting)
    await tell(setting, made, startedAt, warnings)
  } finally {
    finished.abort()
    http.close()
  }
}

function make(setting: Setting): Promise<Made> {
  switch (setting.inputs.type) {
    case 'image':
      return makeImage(setting)
    case 'file':
      return import('./file.ts').then(({ makeFile }) => makeFile(setting))
  }
}

/** Inputs that mean nothing together are a mistake, not a default. @throws InvalidInput */
function refuseWhatDoesNotFit(inputs: BuildInputs): void {
  const refuse = (name: string, value: unknown, legal: string): void => {
    if (value !== undefined) throw new InvalidInput(name, value, legal)
  }
  if (inputs.type === 'file') {
    if (inputs.path === undefined)
      throw new InvalidInput('path', undefined, 'the files to pack: type is file')
    for (const [name, value] of byDocker(inputs)) refuse(name, value, 'it with type: image only')
  } else if (inputs.command !== undefined) {
    for (const [name, value] of byDocker(inputs))
      refuse(name, value, 'it without command, which builds by itself')
  }
}

function byDocker(inputs: BuildInputs): readonly (readonly [string, unknown])[] {
  return [
    ['dockerfile', inputs.dockerfile],
    ['build-args', inputs.buildArgs],
    ['secrets', inputs.secrets],
    ['labels', inputs.labels],
    ['target', inputs.target],
    ['platforms', inputs.platforms],
    ['cache-from', inputs.cacheFrom],
    ['cache-to', inputs.cacheTo],
  ]
}

function sayUnpublished({ kit, version, inputs }: Setting): void {
  const message = `${serviceOf(inputs)} ${version} builds; nothing was published`
  kit.outputs.set({ decision: 'built', message, version })
  kit.outputs.setOwn('cache-hit', 'false')
  kit.log.line(message)
}

/** Everything there is to say about it, where people and later steps look. */
async function tell(
  setting: Setting,
  made: Made,
  startedAt: number,
  warnings: ReadonlySet<string>,
): Promise<void> {
  const { inputs, kit, registry, version, stages } = setting
  const manifest = await registry.manifest(made.digest)
  if (manifest === undefined)
    throw new NotFound(`${registry.repository} does not have ${made.digest} any more`)
  const contents = await readContent(registry, manifest)
  const { growth, sbom, signed } = await gather(setting, made, manifest, contents)
  const artifact: Artifact = {
    service: serviceOf(inputs),
    type: inputs.type,
    repository: registry.repository,
    version,
    digest: made.digest,
    decision: made.decision,
    how: made.how,
    contents,
    growth,
    sbom,
    signed,
    stages: stages.times,
    warnings: [...warnings],
    runUrl: kit.context.runUrl,
  }
  const checkRunId = await writeCheck(setting, artifact, startedAt)
  const image = `${registry.repository}@${made.digest}`
  const message =
    made.decision === 'built'
      ? `${artifact.service} ${version} is ${image}`
      : `${artifact.service} ${version} exists already as ${image}`
  kit.outputs.set({
    decision: made.decision,
    message,
    version,
    digest: made.digest,
    ...(checkRunId === undefined ? {} : { checkRunId }),
    evidence: {
      type: artifact.type,
      how: made.how,
      contents: artifact.contents.map(({ labels: _labels, ...content }) => content),
      stages: artifact.stages,
      growth,
      sbom,
      signed,
    },
  })
  kit.outputs.setOwn('image', image)
  kit.outputs.setOwn('size', String(sizeOf(artifact)))
  kit.outputs.setOwn('sbom-path', sbom?.path ?? '')
  kit.outputs.setOwn('attestation-url', signed ?? '')
  kit.outputs.setOwn('cache-hit', String(made.cacheHit))
  kit.summarize(summaryOf(artifact))
  kit.log.line(message)
}

/** GitHub is told what is true already: where it cannot be, the artifact is no worse. */
async function writeCheck(
  { inputs, kit, http, warn }: Setting,
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
