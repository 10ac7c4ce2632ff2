/**
 * A Sigstore of its own, as GitHub runs one for private repositories: a certificate authority with its transparency
 * log, and a timestamp authority, made of Sigstore's own mock package and served over HTTP on loopback.
 */
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bundleToJSON } from '@sigstore/bundle'
import { fulcioHandler, initializeCA, initializeCTLog, initializeTSA, tsaHandler } from '@sigstore/mock'
import { HashAlgorithm, PublicKeyDetails, TrustedRoot } from '@sigstore/protobuf-specs'
import { DSSEBundleBuilder, FulcioSigner, TSAWitness } from '@sigstore/sign'

/** The run that signs, and what it states. */
export interface Statement {
  /** `sha256:…` */
  readonly digest: string
  /** `octo/shop` */
  readonly repository: string
  /** `octo/shop/.github/workflows/build.yml@refs/heads/main` */
  readonly workflow: string
  readonly issuer?: string
  readonly predicateType?: string
}

export interface EmbeddedSigstore {
  /** Where its authorities are asked. */
  readonly url: string
  /** A Sigstore bundle as JSON. */
  sign(statement: Statement): Promise<unknown>
  /** As `gh attestation trusted-root` writes it: one line. */
  readonly trustedRoot: string
  close(): Promise<void>
}

const GITHUB = 'https://token.actions.githubusercontent.com'

export async function startSigstore(): Promise<EmbeddedSigstore> {
  const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  // Whole seconds: fractions of some lengths are written in a way that verifiers do not read. And a minute ahead: the
  // authorities' certificates begin when they are made, which may be a second after this one, and nothing counts before.
  const clock = new Date(Math.floor(Date.now() / 1000) * 1000 + 60_000)
  const ctlog = await initializeCTLog(keys, clock)
  const [ca, tsa] = await Promise.all([initializeCA(keys, ctlog, clock), initializeTSA(keys, clock)])
  const handlers = [fulcioHandler(ca), tsaHandler(tsa)]
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const handler = handlers.find(({ path }) => path === request.url)
      if (handler === undefined) return void response.writeHead(404).end()
      void handler
        .fn(Buffer.concat(chunks).toString())
        .then(({ statusCode, response: body, contentType }) => {
          response.writeHead(statusCode, { 'content-type': contentType ?? 'text/plain' })
          response.end(
            typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength),
          )
        })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const validFor = { start: new Date(Date.now() - 3_600_000) }
  const certificates = (...all: readonly ArrayBufferView[]) => ({
    certificates: all.map((view) => ({ rawBytes: bytesOf(view) })),
  })
  const root: TrustedRoot = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [],
    certificateAuthorities: [
      {
        subject: { organization: 'lab', commonName: 'lab' },
        uri: url,
        certChain: certificates(ca.rootCertificate),
        validFor,
        operator: 'lab',
      },
    ],
    ctlogs: [
      {
        baseUrl: url,
        hashAlgorithm: HashAlgorithm.SHA2_256,
        publicKey: {
          rawBytes: ctlog.publicKey,
          keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256,
          validFor,
        },
        logId: { keyId: bytesOf(ctlog.logID) },
        checkpointKeyId: undefined,
        operator: 'lab',
      },
    ],
    timestampAuthorities: [
      {
        subject: { organization: 'lab', commonName: 'lab' },
        uri: url,
        certChain: certificates(tsa.intCertificate, tsa.rootCertificate),
        validFor,
        operator: 'lab',
      },
    ],
  }
  return {
    url,
    trustedRoot: JSON.stringify(TrustedRoot.toJSON(root)),
    sign: async (statement) => {
      const identityProvider = { getToken: () => Promise.resolve(tokenOf(statement)) }
      const builder = new DSSEBundleBuilder({
        signer: new FulcioSigner({ identityProvider, fulcioBaseURL: url }),
        witnesses: [new TSAWitness({ tsaBaseURL: url })],
      })
      const data = Buffer.from(
        JSON.stringify({
          _type: 'https://in-toto.io/Statement/v1',
          subject: [{ name: 'artifact', digest: { sha256: statement.digest.replace('sha256:', '') } }],
          predicateType: statement.predicateType ?? 'https://slsa.dev/provenance/v1',
          predicate: {},
        }),
      )
      return bundleToJSON(await builder.create({ data, type: 'application/vnd.in-toto+json' }))
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** An identity token that nobody signed: the mock authority believes it. */
function tokenOf({ repository, workflow, issuer = GITHUB }: Statement): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = {
    iss: issuer,
    sub: `https://github.com/${workflow}`,
    repository,
    job_workflow_ref: workflow,
    sha: 'a'.repeat(40),
    event_name: 'push',
  }
  return `${part({ alg: 'none' })}.${part(claims)}.${Buffer.from('none').toString('base64url')}`
}

function bytesOf(view: ArrayBufferView | ArrayBuffer): Buffer {
  return view instanceof ArrayBuffer
    ? Buffer.from(view)
    : Buffer.from(view.buffer, view.byteOffset, view.byteLength)
}
