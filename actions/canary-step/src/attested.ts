import type { Kit } from '@release-actions/action-kit'
import { requireAttestation, type ChosenImage } from '@release-actions/action-world'
import type { Http } from '@release-actions/http'
import { InvalidInput } from '@release-actions/values'
import type { CanaryInputs } from './inputs.ts'

/**
 * Holds that the image was built and attested by this repository's own workflow.
 * @throws Forbidden; InvalidInput for a release by manifests alone, whose images may be several and by tag
 */
export async function attested(
  { token, signerWorkflow, trustedRoot }: CanaryInputs,
  chosen: ChosenImage | undefined,
  kit: Kit,
  http: Http,
): Promise<void> {
  if (chosen === undefined)
    throw new InvalidInput('require-attestation', true, 'it together with image, whose digest is verified')
  const { digest } = chosen
  kit.log.line(await requireAttestation({ digest, token, signerWorkflow, trustedRoot }, kit, http))
}
