import { SHARED_INPUTS, SHARED_OUTPUTS, defineInputs, input, type Inputs } from '@release-actions/action-kit'
import { InvalidInput } from '@release-actions/values'

const { namespace, kubeconfig } = SHARED_INPUTS

/** What action.yml says, and how its texts become values. */
export const INPUTS = defineInputs({
  gates: input.multiLine({
    description: 'What must hold: a YAML list, see the gates reference. `gates` or `gates-file` is required.',
  }),
  'gates-file': input.path({ description: 'A file with gates, added to `gates`.' }),
  service: input.text({
    description: "The name under which it is reported. Default: the workload's name, else the repository's.",
  }),
  environment: input.text({
    description:
      'The environment whose settings the configuration file gives; without that file it has no effect.',
  }),
  workload: input.text({
    description:
      'The Deployment whose pods are judged, for templates and pod-level sources. Without one no cluster is needed.',
  }),
  baseline: input.text({
    description: 'The Deployment to compare with, for `max-delta` and `max-increase`.',
  }),
  version: input.text({
    description:
      "The version that is judged, for templates and reports. Default: that of the workload's image.",
  }),
  'warm-up': input.duration({ description: 'No samples yet.', default: '0s' }),
  soak: input.duration({ description: 'How long to judge; `0s` is one look.', default: '1m' }),
  interval: input.duration({ description: 'Between two rounds of samples.', default: '10s' }),
  'check-name': input.parsed(
    {
      description:
        "What the check runs' names begin with, before ` / ` and the gate's name; never a job's name. Default: `gate / <service>`.",
    },
    (name, text) => {
      if (text.length > 255) throw new InvalidInput(name, text, 'at most 255 characters')
      return text
    },
  ),
  'head-sha': input.parsed(
    {
      description: "The commit that gets the check runs. Default: the pull request's head, else GITHUB_SHA.",
    },
    (name, text) => {
      if (!/^[0-9a-f]{40}$/.test(text))
        throw new InvalidInput(name, text, 'a full commit SHA of 40 hexadecimal digits')
      return text
    },
  ),
  namespace,
  kubeconfig,
  'kube-context': SHARED_INPUTS['kube-context'],
  token: input.secret({
    description: 'A GitHub token: `checks: write` for the check runs.',
    default: '${{ github.token }}',
  }),
  record: input.boolean({ description: '`false`: write no check runs.', default: 'true' }),
  config: SHARED_INPUTS.config,
  'runbook-url': SHARED_INPUTS['runbook-url'],
  'dashboard-url': SHARED_INPUTS['dashboard-url'],
})

export type GateInputs = Inputs<typeof INPUTS>

const { message, result } = SHARED_OUTPUTS

/** The outputs, as action.yml names them. */
export const OUTPUTS = {
  decision: {
    description: '`pass`, `fail` or `inconclusive`; `cancelled` or `failed` when it did not come to judge.',
  },
  'reason-code': SHARED_OUTPUTS['reason-code'],
  message,
  'check-run-id': { description: 'The check run of the gate that decided, else of the first.' },
  result,
} as const
