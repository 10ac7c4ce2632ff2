import type {
  ArtifactUploads,
  BlobContent,
  Clock,
  WorkflowArtifact,
  WorkflowArtifacts,
} from '@release-actions/ports'
import { Cancelled, Conflict, messageOf, Unreachable, type ReleaseError } from '@release-actions/values'

/** One version of an artifact, as one file of this run. */
export interface FileVersion {
  readonly version: string
  /** The artifact's: `shop-1.4.0.tar.gz`. */
  readonly name: string
  readonly file: BlobContent
  readonly mediaType: string
  readonly runId: number
}

export interface StoreOptions {
  readonly list: WorkflowArtifacts
  readonly uploads: ArtifactUploads
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Where one's own upload is taken back although the step was cancelled. */
  readonly lastly: ArtifactUploads
  warn(text: string): void
}

export interface StoredVersion {
  readonly kind: 'stored' | 'already'
  readonly artifact: WorkflowArtifact
}

/** What GitHub lists may be some seconds old. */
const MOST_LOOKS = 30
/** After an upload that seems to have failed. */
const FEW_LOOKS = 5
const LOOK_EVERY_MS = 1_000
/** Longer than whoever has lost takes to see it and to delete theirs. */
const SETTLE_MS = 5_000

/**
 * Leaves a version with GitHub, unless it is there. Names belong to runs: two runs can each leave a file of one name, so
 * whoever has left theirs looks again. Who sees another's with a lower number takes their own back; who sees one with a
 * higher number waits until that is gone, and if it stays, its run had looked before ours was there: then ours goes.
 * @throws Conflict with both digests
 */
export async function storeVersion(wanted: FileVersion, options: StoreOptions): Promise<StoredVersion> {
  const { name, file, mediaType, runId } = wanted
  const { list, uploads, clock, signal, lastly, warn } = options
  const before = (await list.named(name)).filter(hasDigest)
  const other = before.find(({ digest }) => digest !== file.digest)
  if (other !== undefined) throw fileVersionTaken(wanted, other)
  const [same] = before
  if (same !== undefined) return { kind: 'already', artifact: same }
  const upload = await uploads.begin(name, mediaType)
  let kept = false
  try {
    let broken: Unreachable | undefined
    try {
      await upload.finish(file)
    } catch (error) {
      // The answer to the last step may have got lost: what is listed decides.
      if (!(error instanceof Unreachable)) throw error
      broken = error
    }
    const ours = await seen(wanted, options, broken)
    for (let round = 1; ; round++) {
      const others = (await list.named(name)).filter((one) => hasDigest(one) && one.digest !== file.digest)
      const [rival] = others
      if (rival === undefined) break
      if (round > 1 || others.some(({ id }) => id < ours.id)) throw lostTo(wanted, rival)
      await clock.sleep(SETTLE_MS, signal)
    }
    if (signal.aborted) throw new Cancelled('the step was cancelled')
    kept = true
    return { kind: 'stored', artifact: ours }
  } finally {
    if (!kept)
      await lastly.remove(name).catch((error: unknown) => {
        warn(`the artifact ${name} may be left, and is no version: ${messageOf(error)}`)
      })
  }

  /** Ours, as GitHub lists it. */
  async function seen(of: FileVersion, { list: all }: StoreOptions, broken: Unreachable | undefined) {
    for (let looks = broken === undefined ? MOST_LOOKS : FEW_LOOKS; ; looks--) {
      const found = (await all.named(of.name)).filter((one) => one.runId === runId)
      const right = found.find(({ digest }) => digest === of.file.digest)
      if (right !== undefined) return right
      const [wrong] = found
      if (wrong !== undefined)
        throw new Conflict(
          `GitHub reports ${wrong.digest ?? 'no digest'} for ${of.name}, and what was uploaded is ${of.file.digest}`,
          { object: `artifact ${of.name}` },
        )
      if (signal.aborted) throw new Cancelled('the step was cancelled')
      if (looks === 0 && broken !== undefined) throw broken
      if (looks === 0)
        throw new Unreachable(`GitHub does not list the artifact ${of.name}, which was uploaded`, {
          object: `artifact ${of.name}`,
          fix: ['nothing was published; run the job again'],
        })
      await clock.sleep(LOOK_EVERY_MS, signal)
    }
  }
}

/** The version names another file. */
export function fileVersionTaken({ version, file }: FileVersion, there: WorkflowArtifact): ReleaseError {
  return new Conflict(
    `version ${version} exists as ${there.digest ?? 'another'}, left by run ${there.runId}, and this build is ${file.digest}: a version is never changed`,
    { object: `artifact ${there.name}`, fix: ['give what is new a new version'] },
  )
}

function lostTo({ version, name, file }: FileVersion, rival: WorkflowArtifact): Conflict {
  return new Conflict(
    `another run left version ${version} at the same time: run ${rival.runId} as ${rival.digest ?? 'another'}, not ${file.digest}`,
    {
      object: `artifact ${name}`,
      fix: [
        'let one run build a version: put the job into a concurrency group, or give each run its own version',
      ],
    },
  )
}

/** Those of old, without a digest, cannot be told apart: they count for nothing. */
function hasDigest({ digest }: WorkflowArtifact): boolean {
  return digest !== undefined
}
