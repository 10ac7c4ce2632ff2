import { createHash } from 'node:crypto'
import { parseImage } from '@release-actions/values'
import { canonical } from './names.ts'

/** What an image of the lab is made of: scripts that Node runs. */
export interface ImageContent {
  /** Text by absolute path in the container. */
  readonly files?: Readonly<Record<string, string>>
  /** `['node', '/app/app.cjs']`. */
  readonly command?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** How long a pull takes, in milliseconds; 0 unless said. */
  readonly pullMs?: number
}
export interface KnownImage extends ImageContent {
  readonly repository: string
  readonly digest: string
}
/** A registry that answers for every repository of its host: the embedded one. */
export interface ImageSource {
  /** `127.0.0.1:5000` */
  readonly host: string
  /** @param name without the host */
  image(name: string, reference: string): (ImageContent & { readonly digest: string }) | undefined
}
export type Lookup =
  | { readonly kind: 'found'; readonly image: KnownImage }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'missing'; readonly message: string }

/** The registry that the embedded kubelet pulls from. `node:24-alpine` is there from the start. */
export class Images {
  readonly #images = new Map<string, KnownImage>()
  readonly #sources: ImageSource[] = []

  constructor() {
    this.add('node:24-alpine', {})
  }

  /**
   * Makes an image known by its tag and by its digest.
   * @param ref `repository:tag`, `repository@sha256:…` or `repository:tag@sha256:…`
   * @returns `repository@sha256:…`; the digest is the content's unless `ref` names one
   */
  add(ref: string, content: ImageContent): string {
    const { repository, tag, digest: named } = parseImage('image', ref)
    const digest =
      named ?? `sha256:${createHash('sha256').update(canonical({ repository, tag, content })).digest('hex')}`
    const image: KnownImage = { ...content, repository, digest }
    const byDigest = `${normalized(repository)}@${digest}`
    this.#images.set(byDigest, image)
    if (tag !== undefined || named === undefined)
      this.#images.set(`${normalized(repository)}:${tag ?? 'latest'}`, image)
    return `${repository}@${digest}`
  }

  /** From now on what that registry holds can be pulled, by tag and by digest. */
  pullFrom(source: ImageSource): void {
    this.#sources.push(source)
  }

  /** Forgets an image: from now on it cannot be pulled. */
  remove(ref: string): void {
    this.#images.delete(keyOf(ref))
  }

  lookup(ref: string): Lookup {
    let key: string
    try {
      key = keyOf(ref)
    } catch {
      // The kubelet calls this InvalidImageName; why it is invalid is not part of its message.
      return { kind: 'invalid' }
    }
    const image = this.#images.get(key) ?? this.#pulled(ref)
    if (image !== undefined) return { kind: 'found', image }
    const message = `rpc error: code = NotFound desc = failed to pull and unpack image "${key}": failed to resolve reference "${key}": ${key}: not found`
    return { kind: 'missing', message }
  }

  #pulled(ref: string): KnownImage | undefined {
    const { repository, tag, digest } = parseImage('image', ref)
    const source = this.#sources.find(({ host }) => repository.startsWith(`${host}/`))
    const image = source?.image(repository.slice(source.host.length + 1), digest ?? tag ?? 'latest')
    return image === undefined ? undefined : { ...image, repository }
  }
}

/** `docker.io/library/node:24-alpine` for `node:24-alpine`; the digest alone decides where there is one. */
function keyOf(ref: string): string {
  const { repository, tag, digest } = parseImage('image', ref)
  return `${normalized(repository)}${digest === undefined ? `:${tag ?? 'latest'}` : `@${digest}`}`
}

function normalized(repository: string): string {
  const first = repository.split('/')[0] ?? ''
  if (!repository.includes('/')) return `docker.io/library/${repository}`
  return /[.:]/.test(first) || first === 'localhost' ? repository : `docker.io/${repository}`
}
