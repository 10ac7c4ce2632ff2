import type { Kit } from '@release-actions/action-kit'
import { httpOf } from '@release-actions/action-world'
import { readContent } from '@release-actions/artifact'
import { NotFound } from '@release-actions/values'
import { gather } from './evidence.ts'
import type { Place } from './fits.ts'
import { makeImage } from './image.ts'
import type { BuildInputs } from './inputs.ts'
import { openSetting, openWork, orWhyItEnded, type Made, type Setting } from './setting.ts'
import { outAlready } from './publish.ts'
import { assertMaySign } from './signed.ts'
import { Stages } from './stages.ts'
import { sayUnpublished, tell } from './tell.ts'

/** Builds once, gives the result its version, and names it by its digest. */
export async function run(inputs: BuildInputs, place: Place, kit: Kit): Promise<void> {
  const { clock } = kit
  const startedAt = clock.now()
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
    const work = openWork(inputs, kit, http, new Stages(kit), over.signal, warn)
    switch (place.kind) {
      case 'registry':
        return await inRegistry(openSetting(work, place.repository), startedAt, warnings)
      case 'workflow':
        return await (await import('./in-workflow.ts')).inWorkflow(work, startedAt, warnings)
    }
  } finally {
    finished.abort()
    http.close()
  }
}

async function inRegistry(setting: Setting, startedAt: number, warnings: ReadonlySet<string>): Promise<void> {
  const { inputs } = setting
  if (inputs.verify !== undefined) return (await import('./read-only.ts')).verify(setting, inputs.verify)
  if (inputs.history !== undefined) return (await import('./read-only.ts')).history(setting, inputs.history)
  assertMaySign(inputs)
  const made = await orWhyItEnded(setting, make(setting))
  if (!inputs.push) return sayUnpublished(setting)
  await tellMade(setting, made, startedAt, warnings).catch(async (error: unknown) => {
    throw setting.signal.aborted ? ((await outAlready(setting, made.digest)) ?? error) : error
  })
}

async function tellMade(
  setting: Setting,
  made: Made,
  startedAt: number,
  warnings: ReadonlySet<string>,
): Promise<void> {
  const { inputs, registry, service, version, kit, stages } = setting
  const manifest = await registry.manifest(made.digest)
  if (manifest === undefined)
    throw new NotFound(`${registry.repository} does not have ${made.digest} any more`)
  const contents = await readContent(registry, manifest)
  const evidence = await gather(setting, made, manifest, contents)
  const image = `${registry.repository}@${made.digest}`
  await tell(
    setting,
    {
      service,
      type: inputs.type,
      name: image,
      version,
      digest: made.digest,
      decision: made.decision,
      how: made.how,
      contents,
      ...evidence,
      stages: stages.times,
      warnings: [...warnings],
      runUrl: kit.context.runUrl,
    },
    {
      message:
        made.decision === 'built'
          ? `${service} ${version} is ${image}`
          : `${service} ${version} exists already as ${image}`,
      startedAt,
      cacheHit: made.cacheHit,
      outputs: { image },
    },
  )
}

function make(setting: Setting): Promise<Made> {
  switch (setting.inputs.type) {
    case 'image':
      return makeImage(setting)
    case 'file':
      return import('./file.ts').then(({ makeFile }) => makeFile(setting))
  }
}
