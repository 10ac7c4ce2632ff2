import { retryAfter, type Http, type HttpAnswer } from '@release-actions/http'
import type { ArtifactUploads, BlobContent } from '@release-actions/ports'
import {
  Conflict,
  Forbidden,
  NotFound,
  RateLimited,
  Unreachable,
  type ReleaseError,
} from '@release-actions/values'
import { field, parseJson, textField } from '../json.ts'
import { blocksOf } from './blocks.ts'

export interface ResultsOptions {
  readonly http: Http
  /** For ACTIONS_RESULTS_URL and ACTIONS_RUNTIME_TOKEN, which the runner gives to every JavaScript action. */
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** Is told the signatures of addresses. */
  readonly mask: (secrets: readonly string[]) => void
}

const SERVICE = 'twirp/github.actions.results.api.v1.ArtifactService'
/** Of the service's artifacts: the first that may be files as they are. */
const VERSION = 7
const TIMEOUT_MS = 30_000
/** A part may be large and the line slow. */
const PART_TIMEOUT_MS = 10 * 60_000
const PATIENCE = { attempts: 6, deadline: 90_000 }

/**
 * GitHub's artifact service, as the toolkit's own client (@actions/artifact) speaks to it: an artifact is begun, its
 * bytes go to a signed address of a storage service, and it exists once it is made final (docs/adr/0024).
 * @throws NotFound where the runner names no such service
 */
export function openResults(options: ResultsOptions): ArtifactUploads {
  const { http, env, signal, mask } = options
  const [url, token] = [env['ACTIONS_RESULTS_URL'] ?? '', env['ACTIONS_RUNTIME_TOKEN'] ?? '']
  const run = runOf(token)
  if (!URL.canParse(url) || run === undefined)
    throw new NotFound('this runner names no artifact service', {
      fix: [
        'workflow artifacts need a runner of github.com or ghe.com; store: registry keeps the files in a registry instead',
      ],
    })
  mask([token])

  async function call(method: string, body: Readonly<Record<string, unknown>>): Promise<unknown> {
    const answer = await http.request({
      method: 'POST',
      url: new URL(`/${SERVICE}/${method}`, url),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ ...run, ...body }),
      timeout: TIMEOUT_MS,
      policy: PATIENCE,
      // What was refused for now had no effect; what had one is refused as a second, which the caller looks into.
      retry: 'always',
      signal,
    })
    if (answer.status !== 200) throw refused(method, answer)
    return parseJson(answer.body)
  }

  async function put(
    address: URL,
    search: Readonly<Record<string, string>>,
    body: Uint8Array,
    type?: string,
  ) {
    const part = new URL(address)
    for (const [name, value] of Object.entries(search)) part.searchParams.set(name, value)
    const answer = await http.request({
      method: 'PUT',
      url: part,
      headers: type === undefined ? {} : { 'x-ms-blob-content-type': type },
      body,
      timeout: PART_TIMEOUT_MS,
      policy: PATIENCE,
      signal,
    })
    if (answer.status !== 201) throw refused('the upload', answer)
  }

  return {
    async begin(name, mediaType) {
      const begun = await call('CreateArtifact', { name, mime_type: mediaType, version: VERSION })
      const address = URL.parse(textField(begun, 'signed_upload_url') ?? '')
      if (field(begun, 'ok') !== true || address === null)
        throw new Unreachable('GitHub’s artifact service gave no address to upload to')
      mask([address.searchParams.get('sig') ?? ''].filter((text) => text !== ''))
      return {
        async finish(file) {
          const ids = await putBlocks(file, (id, part) => put(address, { comp: 'block', blockid: id }, part))
          const list = ids.map((id) => `<Latest>${id}</Latest>`).join('')
          const named = `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`
          await put(address, { comp: 'blocklist' }, Buffer.from(named), mediaType)
          const order = { name, size: String(file.size), hash: file.digest }
          const final = await call('FinalizeArtifact', order).catch((error: unknown) => {
            // The second of two whose first answer got lost.
            if (error instanceof Conflict || error instanceof NotFound) return undefined
            throw error
          })
          if (field(final, 'ok') !== true)
            throw new Unreachable(`GitHub’s artifact service did not take ${name}, which was uploaded`)
        },
      }
    },
    async remove(name) {
      try {
        await call('DeleteArtifact', { name })
      } catch (error) {
        if (!(error instanceof NotFound)) throw error
      }
    },
  }
}

/** Parts, each under an id of the same length, as the storage service wants it. @returns the ids in their order */
async function putBlocks(
  file: BlobContent,
  one: (id: string, part: Uint8Array) => Promise<void>,
): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const part of blocksOf(file)) {
    const id = Buffer.from(String(ids.length).padStart(8, '0')).toString('base64')
    await one(id, part)
    ids.push(id)
  }
  return ids
}

/** The run and the job as the service knows them: the runner's token says so, in its scope. */
function runOf(token: string): Readonly<Record<string, string>> | undefined {
  const claims = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
  const scope = (textField(claims, 'scp') ?? '')
    .split(' ')
    .find((part) => part.startsWith('Actions.Results:'))
  const [, run, job] = scope?.split(':') ?? []
  if (run === undefined || job === undefined) return undefined
  return { workflow_run_backend_id: run, workflow_job_run_backend_id: job }
}

function refused(doing: string, answer: HttpAnswer): ReleaseError {
  const { status } = answer
  const said = textField(parseJson(answer.body), 'msg')
  const why = said === undefined ? [] : [said]
  const message = `GitHub’s artifact service answered ${status} to ${doing}`
  if (/quota/i.test(said ?? ''))
    return new Forbidden(`${message}: there is no room for more artifacts`, {
      why,
      fix: [
        'delete old artifacts, or raise the storage that the account pays for; store: registry needs neither',
      ],
    })
  if (status === 401 || status === 403)
    return new Forbidden(`${message}: it did not let this job in`, {
      why,
      fix: ['run the job again: what the runner was given to show may have run out'],
    })
  if (status === 404)
    return new NotFound(message, {
      why,
      fix: [
        'this GitHub may not have the service yet; store: registry keeps the files in a registry instead',
      ],
    })
  if (status === 409)
    return new Conflict(`${message}: this run has an artifact of that name`, {
      why,
      fix: ['give each artifact of a run its own service or version'],
    })
  if (status === 429) return new RateLimited(message, retryAfter(answer.headers, 0), { why })
  return new Unreachable(message, { why, fix: ['nothing was published; run the job again'] })
}
