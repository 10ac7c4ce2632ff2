/** An application that looks as little like the demo's as it may: names, labels, ports, containers, neighbours. */
import type { Manifest } from '@release-actions/lab'

const LABELS = { 'app.kubernetes.io/name': 'checkout', 'app.kubernetes.io/part-of': 'store', tier: 'backend' }

/**
 * Two containers without named ports or preStop hooks; the program is the scene's own ConfigMap. Without probes a pod
 * gets traffic as soon as its process starts, and fails it until it listens, whoever releases it.
 */
export function checkoutDeployment(version: string, probes: boolean): Manifest {
  const image = 'node:24-alpine'
  const probe = { readinessProbe: { tcpSocket: { port: 9000 }, periodSeconds: 1 } }
  const program = {
    image,
    imagePullPolicy: 'IfNotPresent',
    volumeMounts: [{ name: 'code', mountPath: '/code' }],
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'checkout-api', labels: { team: 'payments' } },
    spec: {
      replicas: 3,
      selector: { matchLabels: { 'app.kubernetes.io/name': 'checkout', tier: 'backend' } },
      template: {
        metadata: { labels: LABELS },
        spec: {
          containers: [
            {
              ...program,
              name: 'audit-log',
              command: ['node', '/code/app.cjs'],
              env: [{ name: 'PORT', value: '9100' }],
            },
            {
              ...program,
              name: 'api',
              command: ['node', '/code/app.cjs'],
              env: [
                { name: 'PORT', value: '9000' },
                { name: 'VERSION', value: version },
              ],
              ports: [{ containerPort: 9000 }],
              ...(probes ? probe : {}),
            },
          ],
          volumes: [{ name: 'code', configMap: { name: 'shop-app' } }],
          terminationGracePeriodSeconds: 5,
        },
      },
    },
  }
}

/** Services, the route and what watches over the pods; `legacy` is the Service of another application, port 80. */
export function checkoutNeighbours(host: string, legacy: string): readonly Manifest[] {
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout-api' }
  const stable = { name: 'checkout-web', port: 8081 }
  const tagged = (value: string): object => ({
    type: 'RequestHeaderModifier',
    requestHeaderModifier: { set: [{ name: 'x-rule', value }] },
  })
  return [
    service('checkout-web', { 'app.kubernetes.io/name': 'checkout', tier: 'backend' }, 8081),
    // Every pod of the store: a canary must not slip into it.
    service('all', { 'app.kubernetes.io/part-of': 'store' }, 80),
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'storefront' },
      spec: {
        parentRefs: [{ name: 'gateway' }],
        hostnames: [host],
        rules: [
          {
            matches: [{ path: { type: 'PathPrefix', value: '/checkout' } }],
            filters: [tagged('checkout')],
            backendRefs: [
              { ...stable, weight: 3 },
              { name: legacy, port: 80, weight: 1 },
            ],
          },
          {
            matches: [{ path: { type: 'PathPrefix', value: '/' } }],
            filters: [tagged('rest')],
            backendRefs: [stable],
          },
        ],
      },
    },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'checkout' },
      spec: {
        scaleTargetRef: target,
        minReplicas: 1,
        maxReplicas: 6,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
          },
        ],
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'checkout' },
      spec: { minAvailable: 1, selector: { matchLabels: LABELS } },
    },
  ]
}

function service(name: string, selector: Readonly<Record<string, string>>, port: number): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector, ports: [{ port, targetPort: 9000 }] },
  }
}
