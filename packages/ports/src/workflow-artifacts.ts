import type { BlobContent } from './registry.ts'

/** A file that a workflow run of the repository left with GitHub. */
export interface WorkflowArtifact {
  readonly id: number
  readonly name: string
  /** `sha256:…` of what was uploaded, as GitHub reports it; undefined for those of old. */
  readonly digest: string | undefined
  /** Bytes. */
  readonly size: number
  readonly runId: number
  /** The full SHA that the run was for. */
  readonly commit: string
  /** Milliseconds since 1970. */
  readonly created: number
}

/** What there is: only what can still be fetched, and nothing that a fork's pull request left. Throws ReleaseError. */
export interface WorkflowArtifacts {
  /** Those of a name, whichever run left them, the oldest first. */
  named(name: string): Promise<readonly WorkflowArtifact[]>
  /** The newest of the repository, the newest first. */
  newest(limit: number): Promise<readonly WorkflowArtifact[]>
}

/** Leaves files with GitHub as the run that this is. Throws ReleaseError. */
export interface ArtifactUploads {
  /**
   * Reserves a name of this run's. Nobody sees it before it is finished.
   * @param name the file's name, which is the artifact's
   * @throws Conflict when this run has one of that name
   */
  begin(name: string, mediaType: string): Promise<ArtifactUpload>
  /** Deletes this run's artifact of a name, if there is one. */
  remove(name: string): Promise<void>
}

export interface ArtifactUpload {
  /** Uploads the file as it is, not zipped: GitHub's digest is the file's own. @throws Unreachable: it may be there */
  finish(file: BlobContent): Promise<void>
}
