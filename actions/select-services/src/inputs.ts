import { SHARED_OUTPUTS, defineInputs, input, type Inputs } from '@release-actions/action-kit'
import { InvalidInput } from '@release-actions/values'

const SHA = /^[0-9a-f]{40}$/

const sha = (name: string, text: string): string => {
  if (!SHA.test(text)) throw new InvalidInput(name, text, 'a full commit SHA of 40 hexadecimal digits')
  return text
}

/** What action.yml says, and how its texts become values. */
export const INPUTS = defineInputs({
  services: input.list({
    description: '`changed`, `all`, or the names of services: a list.',
    default: 'changed',
  }),
  environment: input.text({
    description:
      'The environment that is to be released to: its settings are in the outputs, and its record is compared with.',
  }),
  since: input.enum(['auto', 'release', 'trigger'], {
    description:
      'What changed since when: `release`, for each service since its last verified release to `environment`, so that a release that failed or was skipped is made up for; `trigger`, since the commit before the push, or what the pull request changes; `auto`, `release` with an `environment` and `trigger` without.',
    default: 'auto',
  }),
  base: input.parsed({ description: 'The commit to compare with, in place of `since`.' }, sha),
  head: input.parsed(
    { description: "The commit that is to be released. Default: the pull request's head, else GITHUB_SHA." },
    sha,
  ),
  'changed-files': input.list({
    description: 'The paths that changed, in place of a comparison: one a line.',
  }),
  config: input.path({
    description: 'The configuration file, from the workspace. Default: `.github/release-actions.yml`.',
  }),
  token: input.secret({
    description: 'A GitHub token: `contents: read` to compare, `deployments: read` for `since: release`.',
    default: '${{ github.token }}',
  }),
})

export type SelectInputs = Inputs<typeof INPUTS>

/** The outputs, as action.yml names them. */
export const OUTPUTS = {
  any: { description: '`true` when there is a service to release, else `false`.' },
  services: { description: 'The names of the services to release, in their order: a JSON list.' },
  matrix: {
    description:
      'For `strategy.matrix`, all services side by side: JSON with `include`, and in it for each `service` its `environment`, `workload`, `namespace`, `strategy` (`canary`, `bluegreen`), `approval` (`none`, `first`, `each`), `plan` and `login` (JSON, or empty), `image` (its repository), `url`, `wave` and `reason`.',
  },
  waves: {
    description:
      'The same in the order of `depends-on` and `order`: a JSON list of such matrices, each to be released after the one before.',
  },
  login: {
    description:
      'How to log in to the cluster of `environment`, which is one for all its services: JSON, as the reusable workflows take it; empty where the file does not say.',
  },
  'reason-code': SHARED_OUTPUTS['reason-code'],
  message: SHARED_OUTPUTS.message,
} as const
