/** Attestations, which GitHub keeps by the digests that they are about: https://docs.github.com/rest/repos/attestations */
import { object, unprocessable, type Routes } from '../answer.ts'
import type { OperationId } from '../openapi/operations.ts'
import type { JsonObject } from '../world.ts'

export const attestations: Routes<Extract<OperationId, `repos/${string}-attestation${string}`>> = {
  'repos/create-attestation': ({ world, repository, body }) => {
    const bundle = object(body, 'bundle')
    const digests = bundle === undefined ? [] : digestsIn(bundle)
    if (bundle === undefined || digests.length === 0)
      throw unprocessable({ resource: 'Attestation', field: 'bundle', code: 'invalid' })
    const id = world.id('attestation')
    repository.attestations.push(...digests.map((digest) => ({ id, digest, bundle })))
    return { status: 201, body: { id } }
  },
  'repos/list-attestations': ({ repository, params }) => {
    const about = repository.attestations.filter(({ digest }) => digest === params['subject_digest'])
    const found = about.toReversed().map(({ bundle }) => ({ bundle, repository_id: repository.id }))
    return found.length === 0
      ? { status: 404, body: { message: 'Not Found' } }
      : { status: 200, body: { attestations: found } }
  },
}

function digestsIn(bundle: JsonObject): readonly string[] {
  const envelope = object(bundle, 'dsseEnvelope')
  const payload = String(envelope?.['payload'] ?? '')
  const statement = JSON.parse(Buffer.from(payload, 'base64').toString() || '{}') as {
    readonly subject?: readonly { readonly digest: { readonly sha256: string } }[]
  }
  return (statement.subject ?? []).map(({ digest }) => `sha256:${digest.sha256}`)
}
