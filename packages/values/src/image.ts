import { InvalidInput } from './errors.ts'

/** A container image as written in a pod's spec. */
export interface ImageRef {
  /** With registry host and path, without tag and digest: `ghcr.io/org/shop`, `localhost:5000/foo`. */
  readonly repository: string
  readonly tag: string | undefined
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string | undefined
}

const DIGEST = /^sha256:[0-9a-f]{64}$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const PART = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/
const HOST =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::\d{1,5})?$/

/**
 * Reads an image reference, following the distribution reference grammar
 * (https://pkg.go.dev/github.com/distribution/reference): the port of a registry is not a tag.
 * @throws InvalidInput naming `input`
 */
export function parseImage(input: string, text: string): ImageRef {
  const wrong = (legal: string): InvalidInput => new InvalidInput(input, text, legal)
  const usual = 'an image such as ghcr.io/org/app@sha256:… or ghcr.io/org/app:1.4.0'
  const trimmed = text.trim()
  const at = trimmed.indexOf('@')
  const digest = at < 0 ? undefined : trimmed.slice(at + 1)
  const named = at < 0 ? trimmed : trimmed.slice(0, at)
  const colon = named.lastIndexOf(':')
  const tagged = colon > named.lastIndexOf('/')
  const repository = tagged ? named.slice(0, colon) : named
  const tag = tagged ? named.slice(colon + 1) : undefined
  if (digest !== undefined && !DIGEST.test(digest))
    throw wrong('a digest of the form sha256: and 64 hexadecimal digits')
  if (tag !== undefined && !TAG.test(tag))
    throw wrong('a tag of letters, digits, dots, dashes and underscores (at most 128)')
  const [first = '', ...rest] = repository.split('/')
  const hosted = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  if (hosted && !HOST.test(first)) throw wrong(usual)
  const path = hosted ? rest : [first, ...rest]
  if (path.length === 0 || path.some((part) => !PART.test(part))) throw wrong(usual)
  return { repository, tag, digest }
}

/** The reference as it is written in a pod's spec. */
export function formatImage(image: ImageRef): string {
  return `${image.repository}${image.tag === undefined ? '' : `:${image.tag}`}${image.digest === undefined ? '' : `@${image.digest}`}`
}

/** The first 12 hexadecimal digits of a digest, as people quote it. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12)
}

/** What to call a version that no record names: its tag, else its short digest, else its image. */
export function versionOf(image: string, digest?: string): string {
  const tag = /:([A-Za-z0-9_][A-Za-z0-9_.-]*)(?:@|$)/.exec(image.slice(image.lastIndexOf('/') + 1))?.[1]
  if (tag !== undefined) return tag
  const known = digest ?? /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1]
  return known === undefined ? image : known.replace(/^sha256:/, '').slice(0, 12)
}
