import { DURATION } from '@release-actions/values'
import * as z from 'zod/mini'

/**
 * The one schema of `.github/release-actions.yml`. The types, the checks, and the JSON Schema that editors read
 * (`npm run docs`) come from it. A leaf's message is the end of the sentence "use …".
 */

const text = (pattern: RegExp, legal: string) =>
  z.string({ error: legal }).check(z.regex(pattern, { error: legal }))
const some = (legal: string) => text(/\S/, legal)

/** Of an object in the cluster. */
const OBJECT = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/
const object = (kind: string) => text(OBJECT, `the name of ${kind}`)

/** What a service, a plan or a gate may be called: safe in a URL, in a label and in a matrix. */
const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,62}$/
const GATE_NAME = /^[^\s{}](?:.{0,78}\S)?$/
const name = text(NAME, 'a name of letters, digits, dots, dashes and underscores that begins with a letter')

const LEGAL_DURATION = 'a duration such as 90s, 5m or 1h30m'
const duration = z.union([text(DURATION, LEGAL_DURATION), z.literal(0)], { error: LEGAL_DURATION })
const keep = z.union([text(DURATION, LEGAL_DURATION), z.literal(0), z.literal('forever')], {
  error: 'a duration such as 1h, or forever',
})
const boolean = z.boolean({ error: 'true or false, without quotes' })
const oneOf = <const V extends string>(values: readonly V[]) => z.enum(values, { error: values.join(', ') })
const listOf = <S extends z.ZodMiniType>(each: S, legal: string) => z.array(each, { error: legal })
const texts = (legal: string) => listOf(some(legal), legal).check(z.minLength(1, { error: legal }))

const LEGAL_WEIGHT = 'weights from 0 to 100, such as [5, 25, 50, 100]'
const weights = listOf(
  z
    .number({ error: LEGAL_WEIGHT })
    .check(z.gte(0, { error: LEGAL_WEIGHT }), z.lte(100, { error: LEGAL_WEIGHT })),
  LEGAL_WEIGHT,
).check(z.minLength(1, { error: LEGAL_WEIGHT }))

const LEGAL_SOAK = 'a duration such as 5m, or a list with one for each weight of the plan'
const soak = z.union([duration, listOf(duration, LEGAL_SOAK).check(z.minLength(1, { error: LEGAL_SOAK }))], {
  error: LEGAL_SOAK,
})

/** Its meaning is the grammar of the gates; here it is only a mapping. */
const LEGAL_GATE = 'a gate: a mapping with a source and a rule, or with preset'
export const gate = z.record(z.string(), z.unknown(), { error: LEGAL_GATE })
const LEGAL_GATES = 'a list of names of gates, or of gates'
const gates = listOf(
  z.union([text(GATE_NAME, 'the name of a gate'), gate], { error: LEGAL_GATES }),
  LEGAL_GATES,
)

const http = text(/^https?:\/\/\S+$/, 'a URL that begins with https://')
const PROMOTE = 'auto, true or false'

/** What may stand at every level: for all, for an environment, for a service, and for a service in an environment. */
const SETTINGS = {
  namespace: z.optional(object('a namespace')),
  'kube-context': z.optional(some('the name of a context in the kubeconfig')),
  strategy: z.optional(oneOf(['canary', 'bluegreen'])),
  approval: z.optional(oneOf(['none', 'first', 'each'])),
  plan: z.optional(z.union([name, weights], { error: `the name of a plan, or ${LEGAL_WEIGHT}` })),
  soak: z.optional(soak),
  'warm-up': z.optional(duration),
  interval: z.optional(duration),
  settle: z.optional(duration),
  drain: z.optional(duration),
  timeout: z.optional(duration),
  keep: z.optional(keep),
  gates: z.optional(gates),
  'pre-switch-gates': z.optional(gates),
  'post-switch-gates': z.optional(gates),
  'gates-file': z.optional(some('the path of a file with gates')),
  'pre-switch-gates-file': z.optional(some('the path of a file with gates')),
  'post-switch-gates-file': z.optional(some('the path of a file with gates')),
  'pre-switch-soak': z.optional(duration),
  promote: z.optional(
    z.union([z.boolean({ error: PROMOTE }), z.literal('auto', { error: PROMOTE })], { error: PROMOTE }),
  ),
  'on-failure': z.optional(oneOf(['retreat', 'hold'])),
  record: z.optional(boolean),
  'require-attestation': z.optional(boolean),
  'runbook-url': z.optional(http),
  'dashboard-url': z.optional(http),
}

const LEGAL_TRAFFIC = 'replicas, or a kind and a name such as httproute/shop or service/shop'
const LABEL = /^[A-Za-z0-9._/-]+$/
const LEGAL_LABELS = 'labels and values, such as {app: shop-canary}'

/** What is one service's own. */
const SERVICE = {
  workload: z.optional(object('a Deployment')),
  container: z.optional(object('a container')),
  traffic: z.optional(
    text(
      /^(?:replicas|(?:httproute|ingress|virtualservice|ingressroute|rollout|service)\/[a-z0-9][a-z0-9.-]*)$/,
      LEGAL_TRAFFIC,
    ),
  ),
  rule: z.optional(
    z.union([some('the name or the index of a rule'), z.number()], {
      error: 'the name or the index of a rule',
    }),
  ),
  image: z.optional(text(/^[^\s@]+$/, 'a repository without a tag and a digest, such as ghcr.io/org/shop')),
  manifests: z.optional(
    z.union([some('paths or globs'), texts('paths or globs')], {
      error: 'a path, or a list of paths and globs',
    }),
  ),
  'stable-service': z.optional(object('a Service')),
  'canary-service': z.optional(object('a Service')),
  'live-service': z.optional(object('a Service')),
  'preview-service': z.optional(object('a Service')),
  probe: z.optional(some('what is asked of a new connection, such as /healthz')),
  'canary-labels': z.optional(
    z.record(text(LABEL, 'the key of a label'), some('the value of a label'), { error: LEGAL_LABELS }),
  ),
}

const LEGAL_PATHS = 'paths and globs from the root of the repository, such as [services/shop/**]'
const service = z.strictObject(
  {
    ...SETTINGS,
    ...SERVICE,
    paths: z.optional(texts(LEGAL_PATHS)),
    'depends-on': z.optional(
      z.union([name, listOf(name, 'names of services')], { error: 'names of services' }),
    ),
  },
  { error: 'a mapping with the keys of a service' },
)
const override = z.strictObject(
  { ...SETTINGS, ...SERVICE },
  { error: 'a mapping with the keys of a service' },
)

const required = (what: string) => some(what)
/** How a workflow logs in to the cluster by OIDC: what the reusable workflows take as `login`. */
const login = z.discriminatedUnion(
  'provider',
  [
    z.strictObject({
      provider: z.literal('eks'),
      cluster: required('the name of the cluster'),
      region: required('an AWS region'),
      role: text(/^arn:\S+$/, 'the ARN of a role, such as arn:aws:iam::123456789012:role/release'),
      duration: z.optional(z.number({ error: 'seconds, as a number' })),
    }),
    z.strictObject({
      provider: z.literal('gke'),
      cluster: required('the name of the cluster'),
      location: required('a region or a zone'),
      project: z.optional(some('the id of the project')),
      'workload-identity-provider': required(
        'projects/…/locations/global/workloadIdentityPools/…/providers/…',
      ),
      'service-account': z.optional(some('the address of a service account')),
    }),
    z.strictObject({
      provider: z.literal('aks'),
      cluster: required('the name of the cluster'),
      'resource-group': required('the name of a resource group'),
      'client-id': required('the id of the application that logs in'),
      'tenant-id': required('the id of the tenant'),
      'subscription-id': required('the id of the subscription'),
      kubelogin: z.optional(boolean),
    }),
  ],
  { error: 'a mapping with provider: eks, gke or aks; a kubeconfig is a secret of the environment' },
)

const environment = z.strictObject(
  {
    ...SETTINGS,
    login: z.optional(login),
    url: z.optional(http),
    services: z.optional(z.record(name, override, { error: 'a mapping of services' })),
  },
  { error: 'a mapping with the keys of an environment' },
)

const plan = z.union(
  [weights, z.strictObject({ weights, soak: z.optional(soak), 'warm-up': z.optional(duration) })],
  { error: `${LEGAL_WEIGHT}, or a mapping with weights and soak` },
)

/** GitHub's rule is looser; what an environment is called goes into URLs. */
const ENVIRONMENT = text(/^[^\s'"`\\/]{1,255}$/, 'the name of a GitHub environment')

export const schema = z.strictObject(
  {
    schema: z.optional(z.literal(1, { error: '1: it is the only version there is' })),
    order: z.optional(oneOf(['side-by-side', 'one-by-one'])),
    'shared-paths': z.optional(texts(LEGAL_PATHS)),
    defaults: z.optional(z.strictObject(SETTINGS, { error: 'a mapping of settings' })),
    gates: z.optional(
      z.record(text(GATE_NAME, 'the name of a gate: at most 80 characters on one line'), gate, {
        error: 'a mapping of names to gates',
      }),
    ),
    plans: z.optional(z.record(name, plan, { error: 'a mapping of names to plans' })),
    services: z.record(name, service, { error: 'a mapping of at least one service' }),
    environments: z.optional(z.record(ENVIRONMENT, environment, { error: 'a mapping of environments' })),
  },
  { error: 'a mapping with services' },
)

export type RawConfig = z.output<typeof schema>
/** One level's settings; a level that is not a service's lacks the service's own. */
export type Settings = z.output<typeof override>
export type SettingKey = keyof Settings
export type RawPlan = z.output<typeof plan>

/** Every key that may stand at every level, and those that are a service's own. */
export const SETTING_KEYS = Object.keys(SETTINGS)
export const SERVICE_KEYS = Object.keys(SERVICE)
