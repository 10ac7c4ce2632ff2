/** What tells a version from another, as far as it is known. */
export interface Identity {
  /** Hash of the pod template: tells also two configurations of one image apart. */
  readonly template?: string | undefined
  /** `sha256:…` */
  readonly digest: string | undefined
  readonly image: string
}

/** The same pods would run: by template where both are known, else by digest, else by image. */
export function isSameVersion(a: Identity, b: Identity): boolean {
  if (known(a.template) && known(b.template)) return a.template === b.template
  return isSameImage(a, b)
}

/** The same image would run, whatever else of the template differs. */
export function isSameImage(a: Identity, b: Identity): boolean {
  return a.digest !== undefined && b.digest !== undefined ? a.digest === b.digest : a.image === b.image
}

function known(template: string | undefined): boolean {
  return template !== undefined && template !== ''
}
