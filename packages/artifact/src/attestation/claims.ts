import type { Signer } from '@sigstore/verify'

/** What a certificate of Fulcio's says of the run that signed: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md */
export interface SignerClaims {
  /** Who vouched for the run: `https://token.actions.githubusercontent.com`. */
  readonly issuer: string
  /** The workflow that signed, with its ref: `https://github.com/org/shop/.github/workflows/build.yml@refs/heads/main`. */
  readonly workflow: string
  /** The repository that was built: `https://github.com/org/shop`. */
  readonly repository: string
  /** The commit that was built. */
  readonly commit: string
}

const ROOT = '1.3.6.1.4.1.57264.1'

/** A claim that is not there is the empty text, which equals nothing. */
export function claimsOf(signer: Signer): SignerClaims {
  const oids = new Map(
    (signer.identity?.oids ?? []).map(({ oid, value }) => [oid?.id.join('.') ?? '', utf8String(value)]),
  )
  const claim = (number: number): string => oids.get(`${ROOT}.${number}`) ?? ''
  return { issuer: claim(8), workflow: claim(9), repository: claim(12), commit: claim(13) }
}

/** The text of a DER UTF8String: its tag, its length, its bytes. Empty for anything else. */
function utf8String(value: Uint8Array): string {
  const bytes = Buffer.from(value)
  if (bytes[0] !== 0x0c) return ''
  const first = bytes[1] ?? 0
  const longer = first & 0x80 ? first & 0x7f : 0
  const start = 2 + longer
  const length = longer === 0 ? first : bytes.readUIntBE(2, Math.min(longer, 6))
  return bytes.length === start + length ? bytes.subarray(start).toString('utf8') : ''
}
