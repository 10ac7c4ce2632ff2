/** GitHub's artifact service as @actions/artifact speaks to it: files that a run leaves, seen once they are final. */
import type { EmbeddedGitHub } from '../github/index.ts'
import { digestOf } from '../registry/contents.ts'
import type { Blobs } from './blobs.ts'

export type TwirpAnswer = { readonly status: number; readonly body: object }

interface Begun {
  readonly run: string
  readonly name: string
  readonly blob: number
  /** Once it is final. */
  id: number | undefined
}

/** Who calls: what the runner's token says of run and job, as the toolkit reads it. */
export function runnerToken(runId: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const scp = `Actions.Example Actions.Results:run-${runId}:job-of-${runId}`
  return `${part({ alg: 'none' })}.${part({ scp })}.${Buffer.from('none').toString('base64url')}`
}

export class ArtifactService {
  readonly #github: EmbeddedGitHub
  readonly #blobs: Blobs
  readonly #begun: Begun[] = []

  constructor(github: EmbeddedGitHub, blobs: Blobs) {
    this.#github = github
    this.#blobs = blobs
  }

  /** Of an artifact that is final. */
  content(id: number): Buffer | undefined {
    const found = this.#begun.find((one) => one.id === id)
    return found === undefined ? undefined : this.#blobs.content(found.blob)
  }

  call(method: string, body: Readonly<Record<string, unknown>>, token: string, origin: string): TwirpAnswer {
    const [run, name] = [String(body['workflow_run_backend_id']), String(body['name'])]
    if (token !== runnerToken(Number(run.replace('run-', ''))))
      return { status: 401, body: { code: 'unauthenticated', msg: 'the token is of another run' } }
    const found = this.#begun.find((one) => one.run === run && one.name === name)
    switch (method) {
      case 'CreateArtifact': {
        if (body['version'] !== 7) return wrong(`version ${String(body['version'])} is not supported`)
        if (/[":<>|*?\r\n\\/]/.test(name)) return wrong(`the name ${name} is not valid`)
        if (found?.id !== undefined)
          return {
            status: 409,
            body: {
              code: 'already_exists',
              msg: 'an artifact with this name already exists on the workflow run',
            },
          }
        const blob = this.#blobs.add()
        if (found !== undefined) this.#begun.splice(this.#begun.indexOf(found), 1)
        this.#begun.push({ run, name, blob, id: undefined })
        return { status: 200, body: { ok: true, signed_upload_url: this.#blobs.address(origin, blob) } }
      }
      case 'FinalizeArtifact': {
        if (found === undefined) return missing(name)
        const content = this.#blobs.content(found.blob)
        const digest = digestOf(content)
        if (body['size'] !== String(content.length) || body['hash'] !== digest)
          return wrong(`what was uploaded has ${content.length} bytes and is ${digest}`)
        found.id ??= this.#github.leave({
          name,
          size: content.length,
          digest,
          runId: Number(run.replace('run-', '')),
        })
        return { status: 200, body: { ok: true, artifact_id: String(found.id) } }
      }
      case 'DeleteArtifact': {
        if (found?.id === undefined) return missing(name)
        this.#github.forget(found.id)
        this.#begun.splice(this.#begun.indexOf(found), 1)
        return { status: 200, body: { ok: true, artifact_id: String(found.id) } }
      }
      case 'ListArtifacts': {
        const all = this.#begun.filter((one) => one.run === run && one.id !== undefined)
        const artifacts = all.map((one) => ({
          workflow_run_backend_id: run,
          workflow_job_run_backend_id: String(body['workflow_job_run_backend_id']),
          database_id: String(one.id),
          name: one.name,
          size: String(this.#blobs.content(one.blob).length),
          digest: digestOf(this.#blobs.content(one.blob)),
        }))
        return { status: 200, body: { artifacts } }
      }
      case 'GetSignedArtifactURL':
        return found?.id === undefined
          ? missing(name)
          : { status: 200, body: { signed_url: this.#blobs.address(origin, found.blob) } }
      default:
        return { status: 404, body: { code: 'bad_route', msg: `no method ${method}` } }
    }
  }
}

function wrong(msg: string): TwirpAnswer {
  return { status: 400, body: { code: 'invalid_argument', msg } }
}

function missing(name: string): TwirpAnswer {
  return { status: 404, body: { code: 'not_found', msg: `there is no artifact ${name}` } }
}
