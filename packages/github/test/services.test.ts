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

  test.each([false, true])(
    'of which one has a record that cannot be understood are the others (GraphQL away: %s)',
    async (away) => {
      await using it = await world()
      for (const [n, service] of ['shop', 'newer', 'foreign'].entries()) {
        for (const version of ['1.0.0', '2.0.0']) {
          const run = { id: n * 10 + Number.parseInt(version), attempt: 1 }
          await it.ledger({ service }).open(record({ service, version, run }), undefined)
        }
      }
      const [, , , newer, ...foreign] = it.hub.deployments
      Object.assign(newer?.payload ?? {}, { schema: 99 })
      foreign.forEach((each) => Object.assign(each, { payload: 'somebody else wrote it' }))
      if (away)
        it.hub.fault({
          when: ({ path }) => path.includes('graphql'),
          times: Infinity,
          fault: { kind: 'status', status: 502 },
        })
      const of = { github: it.github(), environment: 'production', warn: () => undefined }
      const refused = new Map<string, string>()
      const found = await readServices(of, 20, (service, { message }) => refused.set(service, message))
      expect([...found.keys()]).toEqual(['shop'])
      expect([...refused.keys()].sort()).toEqual(['foreign', 'newer'])
      expect(refused.get('newer')).toContain('was written by a newer release-actions (schema 99)')
      expect(refused.get('foreign')).toContain('none of the 2 Deployments of foreign')
      await expect(readServices(of, 20)).rejects.toThrow('schema 99')
    },
  )
})
