import { describe, expect, test } from '@jest/globals'
import { readServices } from '../src/index.ts'
import { record, world } from './world.ts'

describe('the services of an environment', () => {
  test.each([false, true])('are those that its Deployments name (GraphQL away: %s)', async (away) => {
    await using it = await world()
    const open = async (service: string, version: string, id: number): Promise<number> =>
      (
        await it.ledger({ service }).open(
          record({
            service,
            version,
            image: `${service}:${version}`,
            digest: undefined,
            run: { id, attempt: 1 },
          }),
          undefined,
        )
      ).id
    const first = await open('shop', '1.0.0', 1)
    await it.ledger().verified(first, 'serves')
    await open('cart', '7.0.0', 2)
    await open('shop', '2.0.0', 3)
    await it
      .ledger({ service: 'other', environment: 'staging' })
      .open(record({ service: 'other' }), undefined)
    if (away)
      it.hub.fault({
        when: ({ path }) => path.includes('graphql'),
        times: Infinity,
        fault: { kind: 'status', status: 502 },
      })

    const found = await readServices(
      { github: it.github(), environment: 'production', warn: (text) => it.warnings.push(text) },
      20,
    )
    expect([...found.keys()].sort()).toEqual(['cart', 'shop'])
    expect(found.get('shop')?.map(({ record: { version }, verified }) => [version, verified])).toEqual([
      ['2.0.0', false],
      ['1.0.0', true],
    ])
  })
})
