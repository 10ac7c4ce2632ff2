import { input } from './input-kinds.ts'
import { defineInputs } from './inputs.ts'

/** Whose attestations count: for the actions that release, and for the one that verifies. */
export const SIGNER_INPUTS = defineInputs({
  'signer-workflow': input.list({
    description:
      'Workflows whose attestations count, as `org/repo/.github/workflows/build.yml`, with `@ref` where only that counts. Default: any of this repository, and the `build.yml` of release-actions.',
  }),
  'trusted-root': input.path({
    description:
      'The authorities to believe, as `gh attestation trusted-root` writes them. Default: those of the public Sigstore, fetched by TUF. Private repositories need the file.',
  }),
})

/** For an action that releases. */
export const ATTESTATION_INPUTS = defineInputs({
  'require-attestation': input.boolean({
    description:
      "`true`: refuse what was not built and attested by this repository's own workflow, before anything is touched. Needs `attestations: read`.",
    default: 'false',
  }),
  ...SIGNER_INPUTS,
})
