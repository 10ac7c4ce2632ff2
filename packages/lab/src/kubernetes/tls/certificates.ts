import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { bits, boolean, context, integer, octets, oid, sequence, set, time, utf8 } from './der.ts'

/** A certificate and its key, as PEM. */
export interface Identity {
  readonly certificate: string
  readonly key: string
}

interface Issuer {
  readonly name: string
  readonly key: KeyObject
}
interface Request {
  readonly commonName: string
  readonly organization?: string
  readonly use: 'authority' | 'server' | 'client'
}

const ECDSA_SHA256 = '1.2.840.10045.4.3.2'
const EXTENSION = {
  basicConstraints: '2.5.29.19',
  alternativeNames: '2.5.29.17',
  extendedKeyUsage: '2.5.29.37',
}
const USE = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' }
const DAY = 86_400_000

/** A throw-away certificate authority, as each cluster has its own: for a server on 127.0.0.1 and its users. */
export class CertificateAuthority {
  readonly certificate: string
  readonly #issuer: Issuer

  constructor(name = 'lab-ca') {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#issuer = { name, key: privateKey }
    this.certificate = certificate({ commonName: name, use: 'authority' }, publicKey, this.#issuer)
  }

  /** For the API server: valid for 127.0.0.1 and localhost. */
  server(): Identity {
    return this.#issue({ commonName: 'kube-apiserver', use: 'server' })
  }

  /** For a user whom the API server knows by the certificate: the common name is the user, the organization a group. */
  client(user: string, group: string): Identity {
    return this.#issue({ commonName: user, organization: group, use: 'client' })
  }

  #issue(request: Request): Identity {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return {
      certificate: certificate(request, publicKey, this.#issuer),
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    }
  }
}

/** An X.509 v3 certificate (RFC 5280), valid for a day before and a year after now. */
function certificate(request: Request, publicKey: KeyObject, issuer: Issuer): string {
  const algorithm = sequence(oid(ECDSA_SHA256))
  const body = sequence(
    context(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    distinguishedName(issuer.name),
    sequence(time(new Date(Date.now() - DAY)), time(new Date(Date.now() + 365 * DAY))),
    distinguishedName(request.commonName, request.organization),
    publicKey.export({ type: 'spki', format: 'der' }),
    context(3, sequence(...extensions(request.use))),
  )
  const der = sequence(body, algorithm, bits(sign('sha256', body, issuer.key)))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function distinguishedName(commonName: string, organization?: string): Buffer {
  const part = (id: string, text: string): Buffer => set(sequence(oid(id), utf8(text)))
  return sequence(
    ...(organization === undefined ? [] : [part('2.5.4.10', organization)]),
    part('2.5.4.3', commonName),
  )
}

function extensions(use: Request['use']): Buffer[] {
  if (use === 'authority')
    return [sequence(oid(EXTENSION.basicConstraints), boolean(true), octets(sequence(boolean(true))))]
  const usage = sequence(oid(EXTENSION.extendedKeyUsage), octets(sequence(oid(USE[use]))))
  if (use === 'client') return [usage]
  const names = sequence(
    context(2, Buffer.from('localhost'), false),
    context(7, Buffer.from([127, 0, 0, 1]), false),
  )
  return [usage, sequence(oid(EXTENSION.alternativeNames), octets(names))]
}
