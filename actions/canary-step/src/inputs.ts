import {
  ATTESTATION_INPUTS,
  SHARED_INPUTS,
  SHARED_OUTPUTS,
  defineInputs,
  input,
  type Inputs,
} from '@release-actions/action-kit'
import { parseDuration } from '@release-actions/values'
import { parseLabel } from './parse-label.ts'
import { parseTraffic } from './parse-traffic.ts'

/** What action.yml says, and how its texts become values. */
export const INPUTS = defineInputs({
  ...SHARED_INPUTS,
  workload: input.text({
    description: 'The Deployment that is released to: an ordinary one; it is adopted, not replaced.',
    required: true,
  }),
  traffic: input.parsed(
    {
      description:
        'What splits the traffic: `httproute/NAME` (Gateway API), or `replicas` (no router: the ratio of pods behind one Service).',
      required: true,
    },
    parseTraffic,
  ),
  image: input.text({
    description:
      'The new version, by digest (`repository@sha256:…`), or by a tag that is resolved to one. `image` or `manifests` is required.',
  }),
  manifests: input.list({
    description:
      'Files, globs or directories with the rendered YAML of the new version. The canary takes its pod template from the one Deployment named like `workload`; promotion applies the other objects, and, once the new version serves, what that Deployment says beside the template: strategy, labels, annotations, `replicas` where no HPA decides on them. Its selector cannot change.',
  }),
  container: input.text({
    description:
      "The container that gets `image`. Default: the pod's only one; required when it has several.",
  }),
  version: input.text({
    description: "The version's name for people. Default: the image's tag, else its short digest.",
  }),
  rule: input.text({
    description:
      'The rule of the route (name, or index from 0) to split, when several that differ name the stable Service. Default: every rule that names it.',
  }),
  'stable-service': input.text({
    description:
      "The stable's Service. Default: the one Service of the route, or of the namespace, that selects the workload's pods.",
  }),
  'canary-service': input.text({
    description: "The canary's Service, made by this action. Default: `<stable-service>-canary`.",
  }),
  'canary-labels': input.listOf(
    {
      description:
        "Labels (`key=value`) that the canary's pods have instead of the stable's. Default: the fewest keys that take them out of every Service selector of the namespace.",
    },
    parseLabel,
  ),
  plan: input.listOf(
    { description: 'The weights to walk, in per cent. Default: `5, 25, 50, 100`.' },
    (name, entry) => input.percent({ description: name, required: true }).parse(name, entry),
  ),
  weight: input.percent({
    description:
      "Walk the plan up to this weight. Default: the plan's last. Without `plan` it is a plan of one.",
  }),
  promote: input.enum(['auto', 'true', 'false'], {
    description:
      "Roll the new version out to the workload after the last weight: `auto` after the plan's last weight (without `plan`: after 100), `true` after this step's, `false` never.",
    default: 'auto',
  }),
  'warm-up': input.duration({ description: 'No samples yet, at each weight.', default: '30s' }),
  soak: input.listOf(
    { description: 'How long to judge at each weight; a list gives each weight its own.', default: '5m' },
    parseDuration,
  ),
  interval: input.duration({ description: 'Between two rounds of samples.', default: '10s' }),
  settle: input.duration({
    description:
      'How long the router may follow its old configuration after it has accepted a new one: at least twice its throttle.',
    default: '5s',
  }),
  drain: input.duration({
    description: 'The settle time plus the longest request: nothing is scaled down before.',
    default: '30s',
  }),
  gates: input.multiLine({
    description: 'What must hold while the new version has traffic: a YAML list, see the gates reference.',
  }),
  'gates-file': input.path({ description: 'A file with gates, added to `gates`.' }),
  'on-failure': input.enum(['retreat', 'hold'], {
    description:
      'When a gate fails or pods do not become ready: `retreat` puts everything back, `hold` keeps the weight. The step fails either way.',
    default: 'retreat',
  }),
  ...ATTESTATION_INPUTS,
})

export type CanaryInputs = Inputs<typeof INPUTS>

/** The outputs, as action.yml names them. */
export const OUTPUTS = {
  ...SHARED_OUTPUTS,
  decision: {
    description:
      'What became of it: `promoted`, `advanced` (up to `weight`), `unchanged`, `planned`; or `retreated`, `held`, `failed`, `superseded`, `cancelled`.',
  },
} as const
