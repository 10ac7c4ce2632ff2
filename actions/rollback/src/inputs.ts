import {
  ATTESTATION_INPUTS,
  SHARED_INPUTS,
  SHARED_OUTPUTS,
  defineInputs,
  input,
  type Inputs,
} from '@release-actions/action-kit'
import { InvalidInput, parseDuration } from '@release-actions/values'
import { parseTo } from './parse-to.ts'

// Which services: a list of its own.
const { service: _service, token: _token, ...SHARED } = SHARED_INPUTS

/** What action.yml says, and how its texts become values. */
export const INPUTS = defineInputs({
  services: input.list({
    description:
      'The services to take back, as they are recorded; or `all` of the environment. They go side by side, and one that fails does not stop the others. Default: the name of `workload`.',
  }),
  to: input.parsed(
    {
      description:
        'What to go back to: `previous` (the last verified release that is neither what runs nor what was taken back), `version:1.3.2` or `deployment:41`, which must have been verified.',
      default: 'previous',
    },
    parseTo,
  ),
  abort: input.boolean({
    description:
      'Only end what is in flight: a canary, a switch or a rollback that was interrupted. Nothing else is changed, and no incident is opened.',
    default: 'false',
  }),
  'only-own': input.boolean({
    description:
      'With `abort: true`: end only what this very workflow run has in flight. What another run has, or has taken over, is left to it, and the step is green.',
    default: 'false',
  }),
  reason: input.text({
    description: 'Why, in one sentence: it stands in the incident, the record and the summary.',
    default: 'somebody asked for it',
  }),
  ...SHARED,
  token: input.secret({
    description:
      'A GitHub token: `deployments: write` for the record, `issues: write` for the incident, `checks: write` for check runs.',
    default: '${{ github.token }}',
  }),
  workload: input.text({
    description:
      'The Deployment, of one service whose record does not say it. Default: what its newest record says.',
  }),
  container: input.text({
    description:
      "The container that carries the version. Default: what the record says, else the pod's only one.",
  }),
  traffic: input.text({
    description:
      'What splits or switches its traffic (`httproute/NAME`, `service/NAME`, `replicas`). Default: what the Lease says of a release in flight, else what the record says.',
  }),
  gates: input.multiLine({
    description: 'What must hold of the restored version: a YAML list, see the gates reference.',
  }),
  'gates-file': input.path({ description: 'A file with gates, added to `gates`.' }),
  verify: input.integer({
    description: 'How often the gates must pass, each time over a window of its own.',
    default: '2',
    min: 1,
    max: 10,
  }),
  'warm-up': input.duration({ description: 'No samples yet, in each window.', default: '0s' }),
  soak: input.parsed({ description: 'How long one window lasts.', default: '10s' }, (name, text) =>
    parseDuration(name, text),
  ),
  interval: input.duration({ description: 'Between two rounds of samples.', default: '5s' }),
  settle: input.duration({
    description:
      'How long the router may follow its old configuration after it has accepted a new one: at least twice its throttle.',
    default: '5s',
  }),
  drain: input.duration({
    description:
      'The settle time plus the longest request: nothing is scaled down before. Traffic is back long before.',
    default: '30s',
  }),
  attempts: input.integer({
    description:
      'How often a service is tried, when what stopped it may pass (a timeout, a conflict, no answer).',
    default: '3',
    min: 1,
    max: 10,
  }),
  incident: input.boolean({
    description: 'Open an issue for the service in this environment, or add to the one that is open.',
    default: 'true',
  }),
  ...ATTESTATION_INPUTS,
  hooks: input.multiLine({
    description:
      'Kubernetes Jobs to run before and after, as YAML: `before` and `after`, each a list of `{name, image | manifest, command, timeout, on-failure: stop | continue, services}`. Each runs once in a run, whatever the attempt.',
  }),
})

export type RollbackInputs = Inputs<typeof INPUTS>

/** Times that contradict each other. @throws InvalidInput */
export function checkTimes(inputs: Pick<RollbackInputs, 'drain' | 'settle' | 'interval'>): void {
  if (inputs.drain < inputs.settle)
    throw new InvalidInput('drain', `${inputs.drain}ms`, `at least the settle time (${inputs.settle}ms)`)
  if (inputs.interval < 100) throw new InvalidInput('interval', `${inputs.interval}ms`, 'at least 100ms')
}

/** The outputs, as action.yml names them. */
export const OUTPUTS = {
  ...SHARED_OUTPUTS,
  decision: {
    description:
      'What became of it: `rolled-back`, `unchanged`, `planned`; or `failed`, `superseded`, `cancelled`. Of several services: that of the worst.',
  },
  incident: { description: 'The number of the issue; of several services, one a line.' },
  'incident-url': { description: 'Its address; of several services, one a line.' },
  failed: { description: 'The services that are not where they should be, one a line.' },
} as const
