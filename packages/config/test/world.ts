import { parseConfig, type Config } from '../src/index.ts'

export const FILE = '.github/release-actions.yml'

/** A configuration of one service, with more of the same text after it. */
export const configOf = (text: string): Promise<Config> => parseConfig(text, FILE)

/** What is said against a text; empty when it is free of mistakes. */
export async function saidAgainst(text: string): Promise<string> {
  try {
    await configOf(text)
    return ''
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const why = 'why' in error && Array.isArray(error.why) ? (error.why as readonly string[]) : []
    return [error.message, ...why].join('\n')
  }
}

/** Six services of one repository: two that others depend on. */
export const SIX = `schema: 1
shared-paths: [packages/common/**, go.mod]
defaults: {soak: 5m, runbook-url: https://runbooks.example/release}
gates:
  golden:
    preset: golden-signals
    scrape: {port: 9090}
  up:
    http: {path: /healthz, port: 8080}
plans:
  careful: {weights: [1, 5, 25, 100], soak: [1m, 5m, 10m, 10m], warm-up: 1m}
  quick: [25, 100]
services:
  shop:
    workload: shop
    traffic: httproute/shop
    image: ghcr.io/org/shop
    paths: [services/shop/**, '!**/*.md']
    plan: careful
    gates: [golden, up]
    depends-on: [cart, users]
  cart:
    workload: cart
    traffic: httproute/cart
    paths: [services/cart]
    plan: quick
    depends-on: users
  users:
    workload: users
    traffic: httproute/users
    paths: [services/users/**]
  mail:
    workload: mailer
    traffic: replicas
    plan: [50, 100]
    paths: [services/mail/**]
  search:
    workload: search
    traffic: httproute/search
    paths: [services/search/**]
    depends-on: [users]
  admin:
    workload: admin
    strategy: bluegreen
    traffic: service/admin
    gates: [up]
    keep: 2h
environments:
  staging: {namespace: staging}
  production:
    namespace: prod
    kube-context: prod
    approval: first
    login: {provider: eks, cluster: main, region: eu-central-1, role: 'arn:aws:iam::123456789012:role/release'}
    url: https://shop.example
    services:
      shop: {approval: each, soak: 30s}
`
