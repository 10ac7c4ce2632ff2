import { InvalidInput } from '@release-actions/values'
import type { BuildInputs } from './inputs.ts'

/** Where the artifact is kept. */
export type Place =
  | {
      readonly kind: 'registry'
      /** With its registry, without a tag. */
      readonly repository: string
    }
  /** With the run, as a workflow artifact. */
  | { readonly kind: 'workflow' }

/** Inputs that mean nothing together are a mistake, not a default. @throws InvalidInput */
export function placeOf(inputs: BuildInputs): Place {
  const { type, store } = inputs
  const place = placeFor(inputs)
  if (type === 'file') {
    if (inputs.path === undefined && builds(inputs))
      throw new InvalidInput('path', undefined, 'the files to pack: type is file')
    refuse(byDocker(inputs), 'it with type: image only')
  } else if (inputs.command !== undefined) {
    refuse(byDocker(inputs), 'it without command, which builds by itself')
  }
  if (store === 'workflow')
    refuse([['tags', inputs.tags]], 'it with store: registry, since artifacts of runs have none')
  if (type === 'file' || inputs.command !== undefined)
    refuse(
      [['sbom', inputs.sbom === 'buildx' ? 'buildx' : undefined]],
      'true, false, or buildx with a docker build',
    )
  return place
}

function placeFor({ image, type, store }: BuildInputs): Place {
  if (store === 'workflow') {
    if (type === 'image')
      throw new InvalidInput('store', store, 'registry: an image is kept in one; or type: file')
    return { kind: 'workflow' }
  }
  if (image === undefined)
    throw new InvalidInput(
      'image',
      undefined,
      'a value: it is required (the repository that the artifact is pushed to, such as ghcr.io/org/shop)',
      {
        fix: [
          'give image, or the name of a service that .github/release-actions.yml has',
          'or, for files: store: workflow, which keeps them with the run',
        ],
      },
    )
  return { kind: 'registry', repository: image }
}

function builds({ verify, history }: BuildInputs): boolean {
  return verify === undefined && history === undefined
}

function refuse(inputs: readonly (readonly [string, unknown])[], legal: string): void {
  for (const [name, value] of inputs) if (value !== undefined) throw new InvalidInput(name, value, legal)
}

function byDocker(inputs: BuildInputs): readonly (readonly [string, unknown])[] {
  return [
    ['dockerfile', inputs.dockerfile],
    ['build-args', inputs.buildArgs],
    ['secrets', inputs.secrets],
    ['labels', inputs.labels],
    ['target', inputs.target],
    ['platforms', inputs.platforms],
    ['cache-from', inputs.cacheFrom],
    ['cache-to', inputs.cacheTo],
  ]
}
