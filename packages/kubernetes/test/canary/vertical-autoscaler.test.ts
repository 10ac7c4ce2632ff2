import { expect, test } from '@jest/globals'
import { warnedVertical } from '../../src/canary/vertical-autoscaler.ts'
import type { Client, RawRequest } from '../../src/client.ts'

/** A client of which only `raw` is used. */
function answering(
  status: number,
  body: unknown,
  asked: RawRequest[] = [],
): Pick<Client, 'raw' | 'namespace'> {
  return {
    namespace: 'shop',
    raw: (request) => {
      asked.push(request)
      return Promise.resolve({
        status,
        headers: {},
        latency: 1,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
    },
  }
}

const scaler = (name: string, target: string, more: object = {}): object => ({
  metadata: { name },
  spec: { targetRef: { kind: 'Deployment', name: target }, ...more },
})

test('a vertical autoscaler that acts on the workload is warned about', async () => {
  const asked: RawRequest[] = []
  const items = [
    scaler('theirs', 'other'),
    scaler('advice', 'shop', { updatePolicy: { updateMode: 'Off' } }),
    scaler('acts', 'shop', { updatePolicy: { updateMode: 'Auto' } }),
  ]
  expect(await warnedVertical(answering(200, { items }, asked), ['shop'])).toEqual([
    expect.stringMatching(/^VerticalPodAutoscaler acts may evict/),
  ])
  expect(asked.map(({ path }) => path)).toEqual([
    '/apis/autoscaling.k8s.io/v1/namespaces/shop/verticalpodautoscalers',
  ])
})

test.each([[403], [404]])('where the answer is %s there is nothing to say', async (status) => {
  expect(await warnedVertical(answering(status, 'no'), ['shop'])).toEqual([])
})
