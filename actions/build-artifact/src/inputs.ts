import {
  SHARED_INPUTS,
  SHARED_OUTPUTS,
  SIGNER_INPUTS,
  defineInputs,
  input,
  type Inputs,
} from '@release-actions/action-kit'
import {
  parseDigest,
  parseLines,
  parsePairs,
  parsePlatform,
  parseRepository,
  parseSecrets,
  parseTag,
} from './parse.ts'

/** What action.yml says, and how its texts become values. */
export const INPUTS = defineInputs({
  type: input.enum(['image', 'file'], {
    description:
      'What is built: a container `image`, or files that are packed into one reproducible archive.',
    default: 'image',
  }),
  store: input.enum(['registry', 'workflow'], {
    description:
      'Where the archive of `type: file` is kept: in the repository `image`, or with the run, as a workflow artifact that GitHub keeps for at most 90 days. Then the token needs `actions: read`.',
    default: 'registry',
  }),
  image: input.parsed(
    {
      description:
        'The repository that the artifact is pushed to, with its registry and without a tag: `ghcr.io/org/shop`. Required, here or in the configuration file, unless `store` is `workflow`.',
    },
    parseRepository,
  ),
  version: input.parsed(
    {
      description:
        'The version, which becomes the tag. Default: the git tag that triggered the run, else `0.0.0-` and the short commit.',
    },
    parseTag,
  ),
  context: input.path({
    description:
      'The folder that is built from, inside the workspace; its `.dockerignore` says what is left out.',
    default: '.',
  }),
  dockerfile: input.path({ description: 'Default: `Dockerfile` in the context.' }),
  'build-args': input.parsed({ description: '`NAME=value`, one a line.' }, parsePairs),
  secrets: input.parsed(
    {
      description:
        'Where the build finds its secrets, one a line: `id=NAME,env=VARIABLE` or `id=NAME,src=PATH`. Needs buildx.',
    },
    parseSecrets,
  ),
  labels: input.parsed({ description: 'Labels of the image: `key=value`, one a line.' }, parsePairs),
  target: input.text({ description: 'The stage of the Dockerfile to build. Default: its last.' }),
  platforms: input.listOf(
    { description: "Platforms such as `linux/amd64`. Default: the engine's own. Several need buildx." },
    parsePlatform,
  ),
  'cache-from': input.parsed(
    { description: "Where the builder finds layers, one a line, in docker's own words." },
    parseLines,
  ),
  'cache-to': input.parsed(
    { description: 'Where the builder leaves layers, one a line. Needs buildx.' },
    parseLines,
  ),
  'layer-cache': input.enum(['auto', 'false'], {
    description:
      "Layers are kept between runs: buildx's in GitHub's cache service, and for the classic builder on an engine that holds nothing those of the last image. `auto` where that can be, and `cache-from` and `cache-to` are not given; `false` never.",
    default: 'auto',
  }),
  command: input.multiLine({
    description:
      'A script that builds by other means. For an image it pushes to `$RELEASE_IMAGE`, whatever tool it uses; for files it leaves them at `path`.',
  }),
  path: input.list({
    description:
      'For `type: file`: the files, folders or globs in the workspace that are packed, under their paths in the workspace.',
  }),
  tags: input.listOf({ description: 'Further tags that move to this version, such as `latest`.' }, parseTag),
  push: input.boolean({
    description: '`false`: build, and publish nothing: for pull requests.',
    default: 'true',
  }),
  cache: input.enum(['auto', 'true', 'false'], {
    description:
      'What was built from the same inputs is not built again: `auto` for docker builds, `true` also for `command`, which must then read nothing but `context`; `false` never.',
    default: 'auto',
  }),
  sbom: input.enum(['true', 'false', 'buildx'], {
    description:
      'List what the artifact is made of: by `syft` where it is installed, else from the lockfiles of `context` and the package databases of the image (dpkg, apk), as CycloneDX. `buildx`: by buildx, which keeps it beside the image, as SPDX.',
    default: 'true',
  }),
  attest: input.enum(['auto', 'true', 'false'], {
    description:
      'Sign the provenance of what this run built, with GitHub attestations: `auto` where the job has `id-token: write`.',
    default: 'auto',
  }),
  timeout: input.duration({ description: 'How long building and pushing may take.', default: '1h' }),
  service: input.text({
    description: "The name under which it is reported. Default: the repository's last part.",
  }),
  token: input.secret({
    description:
      'A GitHub token: `checks: write` for the check run; also the way into ghcr.io where nobody has logged in.',
    default: '${{ github.token }}',
  }),
  record: input.boolean({ description: '`false`: write no check run.', default: 'true' }),
  verify: input.parsed(
    {
      description:
        'A digest: build nothing, and refuse it unless it was built and attested by a workflow of this repository.',
    },
    parseDigest,
  ),
  ...SIGNER_INPUTS,
  history: input.integer({
    description: 'Build nothing, and read back so many of the newest artifacts of `image`.',
    min: 1,
    max: 100,
  }),
  environment: input.text({
    description:
      'The environment whose last verified release the size is compared with. Default: the artifact before this one.',
  }),
  config: SHARED_INPUTS.config,
  'runbook-url': SHARED_INPUTS['runbook-url'],
  'dashboard-url': SHARED_INPUTS['dashboard-url'],
})

export type BuildInputs = Inputs<typeof INPUTS>

const { message, result } = SHARED_OUTPUTS

/** The outputs, as action.yml names them. */
export const OUTPUTS = {
  decision: {
    description:
      '`built`; `unchanged`: this version exists and is the same; `pass`: the digest is verified, or the history read; else `failed` or `cancelled`.',
  },
  'reason-code': SHARED_OUTPUTS['reason-code'],
  message,
  image: {
    description:
      '`repository@sha256:…`, as the registry has it: what everything after it names. Empty for a workflow artifact.',
  },
  version: { description: 'The version, which is its tag.' },
  digest: { description: 'The digest alone, as the registry or GitHub reports it.' },
  size: { description: 'Bytes that are pulled, compressed; of the largest platform.' },
  'sbom-path': {
    description:
      'The CycloneDX file, of buildx the SPDX file; empty when nothing is known of what it is made of.',
  },
  'attestation-url': { description: 'The page of the attestation; empty when nothing was signed.' },
  'artifact-id': { description: 'The workflow artifact, with `store: workflow`.' },
  'artifact-url': { description: 'Its page.' },
  'cache-hit': { description: '`true` when nothing had to be built, else `false`.' },
  'check-run-id': { description: 'The check run on the commit.' },
  result,
} as const
