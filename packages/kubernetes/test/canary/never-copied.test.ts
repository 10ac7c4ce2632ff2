import { describe, expect, test } from '@jest/globals'
import { canaryServiceOf } from '../../src/traffic/canary-service.ts'

describe('a Service of ours beside the user’s', () => {
  const made = canaryServiceOf(
    {
      metadata: {
        name: 'shop',
        labels: { team: 'web', 'app.kubernetes.io/instance': 'shop' },
        annotations: {
          'traefik.ingress.kubernetes.io/service.serversscheme': 'https',
          'external-dns.alpha.kubernetes.io/hostname': 'shop.example.com',
          'consul.hashicorp.com/service-name': 'shop',
          'tailscale.com/expose': 'true',
          'cloud.google.com/neg': '{"exposed_ports":{"80":{"name":"shop"}}}',
          'kubectl.kubernetes.io/last-applied-configuration': '{}',
        },
      },
      spec: {
        type: 'LoadBalancer',
        selector: { app: 'shop' },
        ports: [
          { port: 80, name: 'web', targetPort: 'http', nodePort: 30080, appProtocol: 'kubernetes.io/h2c' },
        ],
      },
    },
    {
      name: 'shop-preview',
      selector: { app: 'shop', track: 'x' },
      owner: undefined,
      annotations: { ours: 'yes' },
    },
  )

  test('has its ports, and is reached from inside the cluster only', () => {
    expect(made.spec).toMatchObject({
      type: 'ClusterIP',
      ports: [{ port: 80, name: 'web', targetPort: 'http', appProtocol: 'kubernetes.io/h2c' }],
    })
    expect(made.spec?.ports?.[0]).not.toHaveProperty('nodePort')
  })

  test('has how a router is to speak to it, and nothing by which users would find it under the name of the other', () => {
    expect(made.metadata?.annotations).toEqual({
      'traefik.ingress.kubernetes.io/service.serversscheme': 'https',
      ours: 'yes',
    })
    expect(made.metadata?.labels).toEqual({ team: 'web' })
  })
})
