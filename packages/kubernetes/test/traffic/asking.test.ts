import { describe, expect, test } from '@jest/globals'
import type { Http } from '@release-actions/http'
import type { Pods, PodSight, ProxyAnswer } from '@release-actions/ports'
import { Unreachable } from '@release-actions/values'
import type { Client } from '../../src/client.ts'
import { portsOf } from '../../src/bluegreen/ports-of.ts'
import { createAsking, type Probe } from '../../src/traffic/asking.ts'

const NEVER = new AbortController().signal
const answer = (body: string): ProxyAnswer => ({ status: 200, headers: {}, body, latency: 1 })

interface World {
  /** Who is behind the Service, and who behind the URL, request by request. */
  readonly serves?: string
  readonly users?: string
  readonly ports?: readonly object[]
}

/** Two colours with a pod each, whose answers are their names. */
function asking(probe: Probe, { serves = 'green', users = 'green', ports = [{ port: 80 }] }: World) {
  const asked: string[] = []
  const pods: Pick<Pods, 'list' | 'get' | 'service'> = {
    list: (track) => Promise.resolve([{ name: track, ready: true, deleting: false } as unknown as PodSight]),
    get: (pod, port, path) => {
      asked.push(`pod ${pod.name}:${port}${path}`)
      return Promise.resolve(answer(pod.name))
    },
    service: ({ service, port }, path) => {
      asked.push(`service ${service}:${port}${path}`)
      return Promise.resolve(answer(serves))
    },
  }
  const http: Pick<Http, 'request'> = {
    request: ({ url, headers }) => {
      asked.push(`url ${String(url)} ${String(headers?.['connection'])}`)
      if (users === 'nobody') return Promise.reject(new Unreachable('connection refused'))
      return Promise.resolve({ status: 200, headers: {}, body: users, latency: 1 })
    },
  }
  const client = { get: () => Promise.resolve({ spec: { ports } }) } as unknown as Client
  const it = createAsking({
    pods: pods as Pods,
    http: http as Http,
    namespace: 'shop',
    probe,
    port: () => portsOf(client, 'shop', probe.port),
  })
  return { asked, ask: () => it.ask('shop', 4, NEVER) }
}

describe('new connections', () => {
  test.each([
    ['the only port', {}, [{ port: 80 }], 'service shop:80/', 'pod blue:80/'],
    [
      'the first of several, which leads to a port by name',
      {},
      [
        { name: 'web', port: 80, targetPort: 'http' },
        { name: 'admin', port: 9000 },
      ],
      'service shop:80/',
      'pod blue:http/',
    ],
    [
      'the one that is named',
      { port: 'admin', path: '/version' },
      [
        { name: 'web', port: 80 },
        { name: 'admin', port: 9000, targetPort: 9001 },
      ],
      'service shop:9000/version',
      'pod blue:9001/version',
    ],
    [
      'the one with that number',
      { port: 9000 },
      [
        { name: 'web', port: 80 },
        { name: 'admin', port: 9000 },
      ],
      'service shop:9000/',
      'pod blue:9000/',
    ],
  ] as const)('are made to %s', async (_, probe, ports, service, pod) => {
    const { ask, asked } = asking(probe, { ports })
    expect(await ask()).toEqual({ blue: 0, green: 4, through: 'service' })
    expect(asked).toContain(pod)
    expect(asked.filter((each) => each === service)).toHaveLength(4)
  })

  test('to a port that there is not, or to none, are no vantage point', async () => {
    expect(await asking({ port: 'admin' }, {}).ask()).toBeUndefined()
    expect(await asking({}, { ports: [] }).ask()).toBeUndefined()
  })

  test('to the URL that users ask go there, each anew, and are told by what the pods answer to its path', async () => {
    const probe = { url: 'https://shop.test/version?x=1' }
    const { ask, asked } = asking(probe, { serves: 'blue', users: 'green' })
    expect(await ask()).toEqual({ blue: 0, green: 4, through: 'url' })
    expect(asked).toContain('pod blue:80/version?x=1')
    expect(asked.filter((each) => each === 'url https://shop.test/version?x=1 close')).toHaveLength(4)
    expect(asked.join()).not.toContain('service')
  })

  test('to a URL at which nobody answers are answered by nobody', async () => {
    const { ask } = asking({ url: 'http://shop.test/' }, { users: 'nobody' })
    expect(await ask()).toEqual({ blue: 0, green: 0, through: 'url' })
  })
})
