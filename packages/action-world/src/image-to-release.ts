import type { Kit } from '@release-actions/action-kit'
import type { Http } from '@release-actions/http'
import { InvalidInput } from '@release-actions/values'
import { chooseImage, type ChosenImage } from './choose-image.ts'
import { assertAttested } from './require-attestation.ts'

/** What a release is told of its image. */
export type ImageInputs = Parameters<typeof assertAttested>[0] & {
  readonly image: string | undefined
  readonly manifests: readonly string[] | undefined
}

/** @throws InvalidInput where neither says what is to be released */
export function assertGiven({ image, manifests }: Pick<ImageInputs, 'image' | 'manifests'>): void {
  if (image === undefined && manifests === undefined)
    throw new InvalidInput('image', undefined, 'an image by digest or tag, or give manifests')
}

/**
 * The image as it will be released: resolved, its doubts said, its attestation held where one is required.
 * @returns undefined: it is what the manifests say
 * @throws InvalidInput, NotFound, Forbidden
 */
export async function imageToRelease(
  inputs: ImageInputs,
  kit: Kit,
  http: Http,
): Promise<ChosenImage | undefined> {
  const chosen = inputs.image === undefined ? undefined : await chooseImage(inputs.image, http, process.env)
  if (chosen?.unresolved !== undefined)
    kit.log.warning(`${chosen.image} is released by its tag: its digest is not known (${chosen.unresolved})`)
  await assertAttested(inputs, chosen, kit, http)
  return chosen
}
