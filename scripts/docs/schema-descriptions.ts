/** What the keys of the configuration file mean that are no inputs of an action, or mean something of their own there. */
export const ABOUT: Readonly<Record<string, string>> = {
  schema: 'The version of this format.',
  order:
    '`side-by-side` (default): services that do not depend on each other are released at the same time. `one-by-one`: in the order of the file.',
  'shared-paths': 'Paths and globs; a change of one is a change of every service that has `paths`.',
  defaults: 'Settings of every service in every environment, unless something more specific says otherwise.',
  gates: 'Gates: names of those under the key `gates` at the top, or gates.',
  plans: 'Plans by name: the weights to walk, and how long to judge at each.',
  services: 'What can be released, by the name under which it is recorded.',
  'environments.services': 'What is otherwise for a service in this environment.',
  environments: 'The GitHub environments, and what is otherwise there.',
  plan: 'The name of a plan, or the weights to walk, in per cent.',
  weights: 'The weights to walk, in per cent.',
  strategy: '`canary` (default): canary-step. `bluegreen`: bluegreen-switch.',
  approval:
    'Who is asked in the reusable workflows: `none`, once before the `first` step, or before `each` weight.',
  image: 'The repository of the image, without tag and digest: an image of another one is refused.',
  paths: 'Paths and globs from the root of the repository: a change of one is a change of this service.',
  'depends-on': 'Services that are released before this one, when both are.',
  login: 'How the reusable workflows log in to the cluster, by OIDC.',
  url: 'Where users find it; shown by GitHub beside the deployment.',
  provider: 'Whose cluster it is.',
  cluster: 'The name of the cluster.',
}
