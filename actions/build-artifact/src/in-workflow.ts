import { rm } from 'node:fs/promises'
import { openGitHub, requireAttestation } from '@release-actions/action-world'
import {
  commandKey,
  findFiles,
  openBuildCache,
  openResults,
  pack,
  storeVersion,
  type BuildCache,
  type StoredVersion,
} from '@release-actions/artifact'
import type { BlobContent, WorkflowArtifact, WorkflowArtifacts } from '@release-actions/ports'
import { Conflict, InvalidInput, NotFound } from '@release-actions/values'
import { runCommand } from './command.ts'
import { sayVerified, tellHistory } from './read-only.ts'
import { bytes } from './report.ts'
import { sbomOfContext } from './sbom-file.ts'
import { inWorkspace, lastly, orWhyItEnded, tempFile, type Work } from './setting.ts'
import { assertMaySign, attestedBefore, signedBy } from './signed.ts'
import { sayUnpublished, tell } from './tell.ts'

/** As it is served: whoever downloads it gets the very bytes that the digest names. */
const MEDIA_TYPE = 'application/gzip'

/** Files that are kept with the run, as a workflow artifact: packed, left with GitHub, known by the digest it reports. */
export async function inWorkflow(
  work: Work,
  startedAt: number,
  warnings: ReadonlySet<string>,
): Promise<void> {
  const { inputs, kit, service, version, stages } = work
  if (/[":<>|*?\r\n\\/]/.test(service))
    throw new InvalidInput(
      'service',
      service,
      'a name without any of " : < > | * ? \\ /: the artifact is named after it',
    )
  const list = await listOf(work)
  if (inputs.verify !== undefined) return verify(work, list, inputs.verify)
  if (inputs.history !== undefined) return history(work, list, inputs.history)
  assertMaySign(inputs)
  const made = await orWhyItEnded(work, make(work, list))
  if (made === undefined) return sayUnpublished(work)
  const { artifact, kind } = made.stored
  const digest = artifact.digest ?? ''
  const { serverUrl, owner, repo } = kit.context
  const page = `${serverUrl}/${owner}/${repo}/actions/runs/${artifact.runId}/artifacts/${artifact.id}`
  const [sbom, growth] = [await sbomOfContext(work, digest), await growthOf(work, list, artifact)]
  const signed = await signedBy(work, {
    name: artifact.name,
    digest,
    built: !made.cacheHit,
    recorded: undefined,
  })
  await tell(
    work,
    {
      service,
      type: 'file',
      name: artifact.name,
      page,
      version,
      digest,
      decision: kind === 'stored' ? 'built' : 'unchanged',
      how: made.how,
      contents: [contentOf(artifact)],
      growth,
      sbom,
      signed,
      stages: stages.times,
      warnings: [...warnings],
      runUrl: kit.context.runUrl,
    },
    {
      message: `${service} ${version} is the workflow artifact ${artifact.name}, ${digest}`,
      startedAt,
      cacheHit: made.cacheHit,
      outputs: { 'artifact-id': String(artifact.id), 'artifact-url': page },
    },
  )
}

interface MadeFile {
  readonly stored: StoredVersion
  readonly cacheHit: boolean
  readonly how: string
}

/** @returns undefined when nothing was to be published */
async function make(work: Work, list: WorkflowArtifacts): Promise<MadeFile | undefined> {
  const { inputs, kit, http, version, stages, signal, warn } = work
  const name = fileNameOf(work, version)
  const open = (until: AbortSignal) =>
    openResults({ http, env: process.env, signal: until, mask: (secrets) => kit.mask(secrets) })
  // Whether anything can be left is known before minutes are spent on a build.
  const uploads = inputs.push ? open(signal) : undefined
  const known = inputs.push ? await list.named(name) : []
  const same = await openSame(work)
  const digest = await same?.cache.find(same.key)
  const held = known.find((one) => one.digest !== undefined && one.digest === digest)
  if (held !== undefined)
    return {
      stored: { kind: 'already', artifact: held },
      cacheHit: true,
      how: 'the version exists, and was built from these inputs',
    }
  if (inputs.command !== undefined)
    await stages.run('Build', (say) => runCommand(work, say, { RELEASE_VERSION: version }))
  const path = tempFile(work, 'files.tar.gz')
  try {
    const file = await packed(work, path)
    if (uploads === undefined) return undefined
    const stored = await stages.run('Publish', async (say) => {
      const done = await storeVersion(
        { version, name, file, mediaType: MEDIA_TYPE, runId: kit.context.run.id },
        {
          list,
          uploads,
          clock: kit.clock,
          signal,
          lastly: {
            begin: (...args) => uploads.begin(...args),
            remove: (left) => lastly(work, (until) => open(until).remove(left)),
          },
          warn,
        },
      )
      say(
        `${name} is ${done.artifact.digest ?? ''}, artifact ${done.artifact.id} of run ${done.artifact.runId}`,
      )
      return done
    })
    await same?.cache.keep(same.key, file.digest)
    return {
      stored,
      cacheHit: false,
      how:
        stored.kind === 'stored'
          ? 'packed, and left with the run as a workflow artifact'
          : 'the version exists, and this build is the same',
    }
  } finally {
    await rm(path, { force: true })
  }
}

/** What a command builds is taken for the same only when that is asked for. */
async function openSame({
  inputs,
  kit,
  warn,
}: Work): Promise<{ readonly key: string; readonly cache: BuildCache } | undefined> {
  if (!inputs.push || inputs.cache !== 'true') return undefined
  const { context, clock, log } = kit
  const folder = await inWorkspace('context', inputs.context, context.workspace, 'folder')
  const place = `${context.owner}/${context.repo}/actions`
  const found = await commandKey('file', inputs.command ?? '', folder, inputs.path ?? [], place)
  if ('unknown' in found) return undefined
  return { key: found.key, cache: openBuildCache({ clock, warn, say: (line) => log.line(line) }) }
}

function packed({ inputs, kit, signal, stages }: Work, path: string): Promise<BlobContent> {
  return stages.run('Pack', async (say) => {
    const files = await findFiles('path', inputs.path ?? [], kit.context.workspace)
    const made = await pack(files, path, signal)
    say(`${files.length} files, ${bytes(made.size)} compressed, ${made.digest}`)
    return made
  })
}

async function listOf({ inputs, kit, http }: Work): Promise<WorkflowArtifacts> {
  if (inputs.token === undefined)
    throw new InvalidInput('token', undefined, '${{ github.token }}: it lists the artifacts that there are')
  const { createWorkflowArtifacts } = await import('@release-actions/github')
  return createWorkflowArtifacts((await openGitHub(inputs.token, kit, http)).github, kit.context.run.id)
}

/** @throws NotFound, Conflict when the version is another, Forbidden when it was not built here */
async function verify(work: Work, list: WorkflowArtifacts, digest: string): Promise<void> {
  const { inputs, kit, http, version } = work
  const name = fileNameOf(work, version)
  const there = await list.named(name)
  if (there.length === 0)
    throw new NotFound(`no run has left ${name}, or it is no longer kept`, {
      fix: ['correct the inputs service and version; GitHub keeps artifacts for at most 90 days'],
    })
  const right = there.find((one) => one.digest === digest)
  if (right === undefined)
    throw new Conflict(
      `${name} is ${there.map((one) => one.digest ?? 'without digest').join(', ')}, not ${digest}`,
      {
        object: `artifact ${name}`,
      },
    )
  const { token, signerWorkflow, trustedRoot } = inputs
  const message = await requireAttestation({ digest, token, signerWorkflow, trustedRoot }, kit, http)
  kit.outputs.set({ decision: 'pass', message, digest, version })
  kit.outputs.setOwn('artifact-id', String(right.id))
  sayVerified(work, name, message)
}

/** What of this service's artifacts GitHub still has. */
async function history(work: Work, list: WorkflowArtifacts, limit: number): Promise<void> {
  const found = (await all(work, list)).slice(0, limit)
  const records = await Promise.all(
    found.map(async ({ version, artifact: { digest = '', size, commit, created } }) => ({
      version,
      type: 'file' as const,
      digest,
      size,
      commit,
      created,
      signed: await attestedBefore(work, digest, undefined),
    })),
  )
  tellHistory(work, `${work.kit.context.owner}/${work.kit.context.repo}`, records, limit)
}

/** Against the artifact before this one. */
async function growthOf(work: Work, list: WorkflowArtifacts, artifact: WorkflowArtifact) {
  if (work.inputs.environment !== undefined) return undefined
  const before = (await all(work, list)).find(
    (one) => one.version !== work.version && one.artifact.created <= artifact.created,
  )
  return before === undefined
    ? undefined
    : { against: `${before.version}, the artifact before`, bytes: artifact.size - before.artifact.size }
}

async function all(work: Work, list: WorkflowArtifacts) {
  const [start, end] = fileNameOf(work, '\n').split('\n')
  return (await list.newest(100)).flatMap((artifact) => {
    const { name } = artifact
    if (start === undefined || end === undefined || !name.startsWith(start) || !name.endsWith(end)) return []
    return [{ version: name.slice(start.length, -end.length), artifact }]
  })
}

function fileNameOf({ service }: Work, version: string): string {
  return `${service}-${version}.tar.gz`
}

function contentOf({ digest = '', size }: WorkflowArtifact) {
  return {
    platform: undefined,
    digest,
    configDigest: undefined,
    layers: [{ digest, size, madeBy: undefined }],
    size,
    labels: {},
  }
}
