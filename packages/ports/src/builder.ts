/** What an image is built from, all paths absolute. */
export interface BuildOrder {
  readonly context: string
  readonly dockerfile: string
  /** `NAME=value` */
  readonly args: readonly string[]
  /** `id=NAME,env=VARIABLE` or `id=NAME,src=PATH`; the values never pass through here. */
  readonly secrets: readonly string[]
  /** `key=value` */
  readonly labels: readonly string[]
  readonly target: string | undefined
  /** `linux/amd64` */
  readonly platforms: readonly string[]
  readonly cacheFrom: readonly string[]
  readonly cacheTo: readonly string[]
  /** The builder lists what the image is made of, and keeps that beside it in the registry. */
  readonly sbom: boolean
  /** `false`: nothing may reach the registry. */
  readonly publish: boolean
}

/** What a build left: on this machine under a name of its own, in the registry without any tag, or nothing. */
export type Built =
  | { readonly kind: 'local'; readonly name: string; readonly configDigest: string }
  | { readonly kind: 'pushed'; readonly digest: string }
  /** It was built, and is kept nowhere. */
  | { readonly kind: 'nowhere' }

/** Builds images and brings them to a registry. Lines of its output go to `say`. All methods throw ReleaseError. */
export interface Builder {
  /** `docker`, `docker buildx` */
  readonly name: string
  /** @param repository where it will be pushed to, without a tag */
  build(order: BuildOrder, repository: string, signal: AbortSignal): Promise<Built>
  /** Pushes what is on this machine under this tag. */
  push(
    built: Extract<Built, { kind: 'local' }>,
    repository: string,
    tag: string,
    signal: AbortSignal,
  ): Promise<void>
  /** Forgets the names that it gave on this machine. Never throws. */
  tidy(): Promise<void>
}
