import type { ReleaseId } from '@release-actions/release'
import { InvalidInput, versionOf } from '@release-actions/values'
import type { ChosenImage } from './choose-image.ts'

/**
 * What is released, as records and messages name it.
 * @param goal the image, and the hash of the template, that the workload will have; undefined: neither was given
 * @throws InvalidInput
 */
export function releaseIdOf(
  inputs: { readonly image: string | undefined; readonly version: string | undefined },
  chosen: ChosenImage | undefined,
  goal: { readonly image: string; readonly hash: string } | undefined,
): ReleaseId {
  if (goal === undefined) throw new InvalidInput('image', inputs.image, 'an image or manifests that name one')
  const digest = chosen?.digest ?? /@(sha256:[0-9a-f]{64})$/.exec(goal.image)?.[1]
  const version = inputs.version ?? chosen?.name ?? versionOf(goal.image, digest)
  return { version, digest, image: goal.image, template: goal.hash }
}
