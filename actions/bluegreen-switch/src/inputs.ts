import {
  ATTESTATION_INPUTS,
  SHARED_INPUTS,
  SHARED_OUTPUTS,
  defineInputs,
  input,
  type Inputs,
} from '@release-actions/action-kit'
import { parseKeep } from './parse-keep.ts'
import { parseProbe } from './parse-probe.ts'
import { parseTraffic } from './parse-traffic.ts'

/** What action.yml says, and how its texts become values. */
export const INPUTS = defineInputs({
  ...SHARED_INPUTS,
  workload: input.text({
    description:
      'The Deployment that is released to: an ordinary one. The first run adopts it: its pods move to `<workload>-blue`, and it stays, with 0 replicas.',
    required: true,
  }),
  traffic: input.parsed(
    {
      description:
        'What says which colour serves: `service/NAME` (a key in its selector), or `httproute/NAME` (weights 100 and 0; it also moves clients that keep connections open). Default: `service/<workload>`.',
    },
    parseTraffic,
  ),
  image: input.text({
    description:
      'The new version, by digest (`repository@sha256:…`), or by a tag that is resolved to one. `image` or `manifests` is required.',
  }),
  manifests: input.list({
    description:
      'Files, globs or directories with the rendered YAML of the new version. The idle colour takes its pod template from the one Deployment named like `workload`; the other objects are applied once the switch has held.',
  }),
  container: input.text({
    description:
      "The container that gets `image`. Default: the pod's only one; required when it has several.",
  }),
  version: input.text({
    description: "The version's name for people. Default: the image's tag, else its short digest.",
  }),
  color: input.enum(['idle', 'blue', 'green'], {
    description:
      'The colour that gets the new version: `idle` is the one that does not serve. Naming the one that serves is refused.',
    default: 'idle',
  }),
  'live-service': input.text({
    description:
      'With `httproute/NAME`: your Service that the route names. Default: the only one of the route that selects the workload.',
  }),
  'preview-service': input.text({
    description:
      'The Service, made by this action, that selects the idle colour alone. Default: `<service>-preview`.',
  }),
  'pre-switch-gates': input.multiLine({
    description:
      'What must hold on the idle colour before it is switched to: a YAML list, see the gates reference. No user reaches it yet, so gates that count requests are refused here.',
  }),
  'pre-switch-gates-file': input.path({ description: 'A file with gates, added to `pre-switch-gates`.' }),
  'pre-switch-soak': input.duration({
    description: 'How long the gates look at the idle colour. `0s`: for as many looks as they need.',
    default: '0s',
  }),
  'post-switch-gates': input.multiLine({
    description: 'What must hold once the new version serves; a failure switches back.',
  }),
  'post-switch-gates-file': input.path({ description: 'A file with gates, added to `post-switch-gates`.' }),
  'warm-up': input.duration({ description: 'No samples yet, after the switch.', default: '10s' }),
  soak: input.duration({ description: 'How long to judge after the switch.', default: '1m' }),
  interval: input.duration({ description: 'Between two rounds of samples.', default: '10s' }),
  keep: input.parsed(
    {
      description:
        'How long the old colour stays up after a good release, so that going back is one patch: a duration, `0s`, or `forever` (until the next release needs it). It is enforced by the next run, never by waiting.',
      default: '1h',
    },
    parseKeep,
  ),
  settle: input.duration({
    description:
      'How long the data plane (kube-proxy, or twice the throttle of a router) may follow its old configuration.',
    default: '5s',
  }),
  drain: input.duration({
    description:
      'The settle time plus the longest request: nothing that served is scaled down before. Connections that clients keep open longer are closed then.',
    default: '30s',
  }),
  probe: input.parsed(
    {
      description:
        'What new connections ask for, as a proof of the switch: a path, with a port of the Service before it if it has several (`8080/version`), or a URL as users ask it (`https://shop.example.com/version`), which goes through the router. The answers of the two versions should differ.',
      default: '/',
    },
    parseProbe,
  ),
  'on-failure': input.enum(['retreat', 'hold'], {
    description:
      'When a gate fails or pods do not become ready: `retreat` takes the new version back; `hold` leaves it as it is, serving or not, for inspection. The step fails either way.',
    default: 'retreat',
  }),
  ...ATTESTATION_INPUTS,
})

export type SwitchInputs = Inputs<typeof INPUTS>

/** The outputs, as action.yml names them. */
export const OUTPUTS = {
  ...SHARED_OUTPUTS,
  decision: {
    description:
      'What became of it: `switched`, `unchanged`, `planned`; or `retreated`, `held`, `failed`, `superseded`, `cancelled`.',
  },
  color: { description: 'The colour that serves now: `blue` or `green`; empty before the first release.' },
  'kept-until': {
    description:
      'Until when the old colour stays up (UTC, ISO 8601), `forever`, or empty when there is none that is kept.',
  },
}
