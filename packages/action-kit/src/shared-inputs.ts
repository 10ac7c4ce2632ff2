import { input } from './input-kinds.ts'
import { defineInputs } from './inputs.ts'

/** The inputs that the actions share, declared once. An action spreads them into its own. */
export const SHARED_INPUTS = defineInputs({
  environment: input.text({
    description: 'The GitHub environment that is released to. Required unless `record` is `false`.',
  }),
  service: input.text({
    description: "The name under which releases are recorded. Default: the workload's name.",
  }),
  namespace: input.text({
    description: "The Kubernetes namespace. Default: that of the kubeconfig's context, else `default`.",
  }),
  kubeconfig: input.kubeconfig({
    description:
      'A path to a kubeconfig (several, joined as kubectl joins them), or its contents, which are masked. Default: `$KUBECONFIG`, `~/.kube/config`, in-cluster.',
  }),
  'kube-context': input.text({ description: "The kubeconfig's context. Default: its current one." }),
  token: input.secret({
    description: 'A GitHub token: `deployments: write` for the record, `checks: write` for check runs.',
    default: '${{ github.token }}',
  }),
  record: input.boolean({
    description: "`false`: touch nothing on GitHub; the cluster's Lease still serialises.",
    default: 'true',
  }),
  timeout: input.duration({
    description: 'For each wait (ready, rollout, route), not for the soak.',
    default: '10m',
  }),
  'dry-run': input.boolean({
    description: 'Observe, and print the moves; the decision is `planned`.',
    default: 'false',
  }),
  config: input.path({
    description:
      'The configuration file, from the workspace; the other inputs win over what it says of `service` in `environment`. `none`: do without. Default: `.github/release-actions.yml` if it is there.',
  }),
  'allow-older': input.boolean({
    description: 'Let a re-run of an old workflow run act although a newer one has released.',
    default: 'false',
  }),
  'runbook-url': input.text({ description: 'Shown where a person needs it.' }),
  'dashboard-url': input.text({ description: 'Shown where a person needs it.' }),
})
