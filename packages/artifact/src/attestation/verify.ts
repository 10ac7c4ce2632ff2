import { bundleFromJSON, type Bundle } from '@sigstore/bundle'
import type { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import type { Attestations } from '@release-actions/ports'
import { Cancelled, Forbidden, messageOf, ReleaseError } from '@release-actions/values'
import { field, listField, parseJson, textField } from '../json.ts'
import { claimsOf, type SignerClaims } from './claims.ts'
import { trustedRoots } from './trusted-root.ts'

export interface VerifyOptions {
  readonly digest: string
  readonly attestations: Attestations
  /** GITHUB_SERVER_URL, without a trailing slash. */
  readonly serverUrl: string
  /** `org/shop`: what must have been built. */
  readonly repository: string
  /**
   * Workflows that may have signed, each `org/repo/.github/workflows/build.yml`, with `@ref` where only that ref counts;
   * a folder with a slash at its end is any workflow in it. Empty: any workflow of `repository`.
   */
  readonly signerWorkflows: readonly string[]
  /** A file with the authorities to believe; default: Sigstore's public ones. */
  readonly trustedRoot: string | undefined
  /** RUNNER_TEMP */
  readonly temp: string
}

const IN_TOTO = 'application/vnd.in-toto+json'
const PROVENANCE = /^https:\/\/slsa\.dev\/provenance\/v1(\.\d+)?$/

/**
 * Holds that a digest was built by the repository and attested by a workflow that may: the signature, the authorities
 * behind it, the digest that it is about, the repository, and the signer. Any one good attestation suffices.
 * @returns what the certificate says of the run that built it
 * @throws Forbidden with the reason for each attestation that does not do; also when it cannot be found out
 */
export async function verifyAttestation(options: VerifyOptions): Promise<SignerClaims> {
  const { digest, attestations, repository } = options
  const bundles = await unlessUnknown(digest, () => attestations.find(digest))
  if (bundles.length === 0)
    throw new Forbidden(`${digest} is not attested by ${repository}`, {
      object: digest,
      fix: [
        'build it with build-artifact and attest: true, in a job with id-token: write and attestations: write',
      ],
    })
  const roots = await unlessUnknown(digest, () => trustedRoots(options.trustedRoot, options.temp))
  const reasons: string[] = []
  for (const bundle of bundles) {
    const checked = check(bundle, roots, options)
    if ('claims' in checked) return checked.claims
    reasons.push(checked.why)
  }
  throw new Forbidden(`no attestation of ${digest} holds`, {
    object: digest,
    why: [...new Set(reasons)],
    fix: ['do not release it; build it anew with this repository’s own workflow'],
  })
}

type Checked = { readonly claims: SignerClaims } | { readonly why: string }

function check(json: unknown, roots: readonly TrustedRoot[], options: VerifyOptions): Checked {
  try {
    const bundle = bundleFromJSON(json)
    const claims = signed(bundle, roots)
    const why = notAbout(bundle, options.digest) ?? notBy(claims, options)
    return why === undefined ? { claims } : { why }
  } catch (error) {
    return { why: `its signature does not hold: ${messageOf(error)}` }
  }
}

/** @throws VerificationError of the last root, when none vouches for the signature */
function signed(bundle: Bundle, roots: readonly TrustedRoot[]): SignerClaims {
  let last: unknown = new Error('there is no trusted root')
  for (const root of roots) {
    try {
      // GitHub's own instance, for private repositories, has no public logs: then its timestamps are the proof.
      const verifier = new Verifier(toTrustMaterial(root), {
        tlogThreshold: root.tlogs.length > 0 ? 1 : 0,
        ctlogThreshold: root.ctlogs.length > 0 ? 1 : 0,
        timestampThreshold: 1,
      })
      return claimsOf(verifier.verify(toSignedEntity(bundle)))
    } catch (error) {
      last = error
    }
  }
  throw last
}

/** The statement that was signed must be provenance of this very digest. */
function notAbout(bundle: Bundle, digest: string): string | undefined {
  if (bundle.content.$case !== 'dsseEnvelope') return 'it signs no statement'
  const { payload, payloadType } = bundle.content.dsseEnvelope
  if (payloadType !== IN_TOTO) return `it signs a ${payloadType}, which is no statement`
  const statement = parseJson(payload.toString('utf8'))
  const type = textField(statement, 'predicateType') ?? 'nothing'
  if (!PROVENANCE.test(type)) return `it states ${type}, which is no provenance`
  const subjects = listField(statement, 'subject').map((subject) =>
    textField(field(subject, 'digest'), 'sha256'),
  )
  return subjects.includes(digest.replace(/^sha256:/, '')) ? undefined : 'it is about another digest'
}

function notBy(claims: SignerClaims, options: VerifyOptions): string | undefined {
  const { serverUrl, repository, signerWorkflows } = options
  const issuer = issuerOf(serverUrl)
  if (claims.issuer !== issuer && !claims.issuer.startsWith(`${issuer}/`))
    return `its signer was vouched for by ${claims.issuer || 'nobody'}, not by ${issuer}`
  if (claims.repository.toLowerCase() !== `${serverUrl}/${repository}`.toLowerCase())
    return `it was built from ${claims.repository || 'no repository'}, not from ${serverUrl}/${repository}`
  const own = [`${repository}/.github/workflows/`]
  const wanted = signerWorkflows.length === 0 ? own : signerWorkflows
  if (wanted.some((workflow) => isWorkflow(claims.workflow, `${serverUrl}/${workflow}`))) return undefined
  return `it was signed by ${claims.workflow || 'no workflow'}, not by ${wanted.join(' or ')}`
}

function isWorkflow(signer: string, wanted: string): boolean {
  if (wanted.endsWith('/')) return signer.toLowerCase().startsWith(wanted.toLowerCase())
  if (wanted.includes('@')) return signer === wanted
  // The ref may hold an @ of its own: refs/tags/shop@1.4.0.
  return signer.startsWith(`${wanted}@`)
}

/** Whose tokens name the runs of a GitHub: https://docs.github.com/actions/concepts/security/openid-connect */
function issuerOf(serverUrl: string): string {
  const { hostname } = new URL(serverUrl)
  if (hostname === 'github.com') return 'https://token.actions.githubusercontent.com'
  return hostname.endsWith('.ghe.com') ? `https://token.actions.${hostname}` : `${serverUrl}/_services/token`
}

/** What cannot be found out is not a pass. */
async function unlessUnknown<T>(digest: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof Forbidden || error instanceof Cancelled) throw error
    if (!(error instanceof ReleaseError) || error.code === 'invalid-input') throw error
    throw new Forbidden(`whether ${digest} is attested cannot be found out: ${error.message}`, {
      object: digest,
      why: error.why,
      fix: ['run the job again once GitHub answers: what is not known is not released'],
      cause: error,
    })
  }
}
