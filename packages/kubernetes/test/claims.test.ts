import { describe, expect, test } from '@jest/globals'
import type { Clock } from '@release-actions/ports'
import { createClaims, type KubernetesClaims } from '../src/index.ts'
import { leaseName } from '../src/names.ts'
import { NAMESPACE, World } from './world.ts'

const RUN = { id: 7, attempt: 1 }
const NEWER = { id: 8, attempt: 1 }

async function world(): Promise<World & { claims(nonce: string, clock?: Clock): KubernetesClaims }> {
  const made = await World.start([])
  return Object.assign(made, {
    claims: (nonce: string, clock: Clock = made.clock) =>
      createClaims({ client: made.admin, clock, workload: 'shop', nonce, leaseDuration: 30_000 }),
  })
}

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 5000
  while (!holds() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(holds()).toBe(true)
}

describe('the claim on a workload', () => {
  test('is a Lease that says who holds it, with a fence that rises with every claim', async () => {
    await using it = await world()
    const [a, b] = [it.claims('a'), it.claims('b')]
    expect(await a.read()).toMatchObject({ kind: 'free', state: { schema: 1 } })
    const { fence } = await a.take(RUN)
    expect(await a.read()).toMatchObject({ kind: 'ours', fence })
    expect(await b.read()).toMatchObject({ kind: 'held', by: RUN })
    expect(await b.take(NEWER)).toEqual({ fence: fence + 1 })
    expect(await a.read()).toMatchObject({ kind: 'lost', to: NEWER })
    const lease = await it.admin.get('Lease', leaseName('shop'))
    expect(lease.spec).toMatchObject({ holderIdentity: 'run 8 attempt 1 b', leaseTransitions: fence + 1 })
  })

  test('two processes of one run are two holders', async () => {
    await using it = await world()
    const [a, b] = [it.claims('a'), it.claims('b')]
    await a.take(RUN)
    expect(await b.read()).toMatchObject({ kind: 'held', by: RUN })
    await b.take(RUN)
    expect(await a.read()).toMatchObject({ kind: 'lost' })
  })

  test('of two that look at once only one takes it', async () => {
    await using it = await world()
    const [a, b] = [it.claims('a'), it.claims('b')]
    await Promise.all([a.read(), b.read()])
    await a.take(RUN)
    await expect(b.take(NEWER)).rejects.toMatchObject({ code: 'conflict' })
    expect(await a.read()).toMatchObject({ kind: 'ours' })
  })

  test('is ours also when the answer to the taking was lost', async () => {
    await using it = await world()
    const a = it.claims('a')
    await a.read()
    it.kubernetes.faults.order({ verb: 'create', resource: 'leases' }, { kind: 'drop-after' })
    const { fence } = await a.take(RUN)
    const b = it.claims('b')
    await b.read()
    it.kubernetes.faults.order({ verb: 'update', resource: 'leases' }, { kind: 'drop-after' })
    expect(await b.take(NEWER)).toEqual({ fence: fence + 1 })
    expect(await b.read()).toMatchObject({ kind: 'ours', fence: fence + 1 })
  })

  test('has a later fence than one that somebody deleted, whose stamps are still on the objects', async () => {
    await using it = await world()
    const [a, b] = [it.claims('a'), it.claims('b', { ...it.clock, now: () => it.clock.now() + 60_000 })]
    const { fence } = await a.take(RUN)
    await it.admin.delete('Lease', leaseName('shop'))
    await b.read()
    expect((await b.take(NEWER)).fence).toBeGreaterThan(fence)
    expect(await a.read()).toMatchObject({ kind: 'lost', to: NEWER })
  })

  test('expires when it was not renewed for its duration, on the observer’s own clock', async () => {
    await using it = await world()
    let now = 0
    const observer = it.claims('b', { now: () => now, sleep: () => Promise.resolve() })
    await it.claims('a').take(NEWER)
    expect(await observer.read()).toMatchObject({ kind: 'held' })
    now = 29_000
    expect(await observer.read()).toMatchObject({ kind: 'held' })
    now = 30_000
    expect(await observer.read()).toMatchObject({ kind: 'free' })
  })

  test('is let go with its state kept', async () => {
    await using it = await world()
    const [a, b] = [it.claims('a'), it.claims('b')]
    await a.take(RUN)
    await a.write((state) => ({ ...state, note: 'kept' }))
    await a.release()
    expect(a.fence()).toBeUndefined()
    expect(await b.read()).toMatchObject({ kind: 'free', state: { note: 'kept' } })
    await a.release()
  })

  test.each([
    ['hung', false],
    ['hung, after a cancel', true],
  ])('is given up where the server is %s, and expires', async (_, cancelled) => {
    await using it = await world()
    // Sleeps end at once: nothing here waits for the server to answer.
    const instant: Clock = { now: () => it.clock.now(), sleep: () => Promise.resolve() }
    const signal = cancelled ? AbortSignal.abort() : new AbortController().signal
    const a = createClaims({
      client: it.admin,
      clock: instant,
      workload: 'shop',
      nonce: 'a',
      cancelled: signal,
    })
    await a.take(RUN)
    it.kubernetes.faults.order({ verb: 'update', resource: 'leases' }, { kind: 'freeze' })
    await a.release()
    expect(await it.claims('b').read()).toMatchObject({ kind: 'held', by: RUN })
    it.kubernetes.faults.thaw()
  })
})

describe('the state on the Lease', () => {
  const annotate = (it: World, text: string): Promise<unknown> =>
    it.admin.raw({
      method: 'PATCH',
      path: `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/release-actions-shop`,
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { metadata: { annotations: { 'release-actions.dev/state': text } } },
    })

  test('is written only by the holder', async () => {
    await using it = await world()
    const [a, b] = [it.claims('a'), it.claims('b')]
    await a.take(RUN)
    await b.read()
    await b.take(NEWER)
    await expect(a.write((state) => state)).rejects.toMatchObject({
      code: 'superseded',
      message: 'Lease shop/release-actions-shop is held by run 8 now',
    })
    await expect(it.claims('c').write((state) => state)).rejects.toMatchObject({ code: 'superseded' })
  })

  test('survives a renewal and an annotation of somebody else between read and write', async () => {
    await using it = await world()
    const a = it.claims('a')
    await a.take(RUN)
    await annotate(it, '{"schema":1,"foreign":true}')
    await a.write((state) => ({ ...state, own: true }))
    expect(await a.read()).toMatchObject({ kind: 'ours', state: { foreign: true, own: true } })
  })

  test('of a newer version of ours is refused, and garbage says how to clear it', async () => {
    await using it = await world()
    const a = it.claims('a')
    await a.take(RUN)
    await annotate(it, '{"schema":2}')
    await expect(a.read()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('newer version'),
    })
    const texts = [
      '{',
      '[]',
      '{}',
      '{"schema":1,"inFlight":{}}',
      '{"schema":1,"last":{"x":1}}',
      '{"schema":1,"colors":{"live":"red"}}',
      '{"schema":1,"switching":{"to":"blue"}}',
    ]
    for (const text of texts) {
      await annotate(it, text)
      await expect(a.read()).rejects.toMatchObject({
        code: 'conflict',
        fix: expect.arrayContaining([
          'kubectl -n shop annotate lease release-actions-shop release-actions.dev/state-',
        ]),
      })
    }
  })

  test('a holder that is none of ours is said', async () => {
    await using it = await world()
    const path = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: leaseName('shop') },
      spec: { holderIdentity: 'me' },
    }
    await it.admin.raw({ method: 'POST', path, body: lease })
    await expect(it.claims('a').read()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('"me"'),
    })
  })
})

describe('the guard', () => {
  test('tells at once that another has taken the Lease', async () => {
    await using it = await world()
    const [a, b] = [it.claims('a'), it.claims('b')]
    await a.take(RUN)
    const guard = a.guard()
    await b.read()
    await b.take(NEWER)
    await until(() => guard.lost.aborted)
    expect(guard.lost.reason).toMatchObject({ code: 'superseded' })
    guard.stop()
  })

  test('tells that the Lease was deleted, and stays quiet about our own writes', async () => {
    await using it = await world()
    const a = it.claims('a')
    await a.take(RUN)
    const guard = a.guard()
    await a.write((state) => ({ ...state }))
    expect(guard.lost.aborted).toBe(false)
    await it.admin.delete('Lease', leaseName('shop'))
    await until(() => guard.lost.aborted)
    // Nobody has taken it: what is in flight is not theirs to end.
    expect(await a.read()).toMatchObject({ kind: 'free', state: { inFlight: undefined } })
    guard.stop()
  })

  test('makes it again as it was, where nobody has had it since', async () => {
    await using it = await world()
    const [a, b] = [it.claims('a'), it.claims('b')]
    const { fence } = await a.take(RUN)
    await a.write((state) => ({ ...state, note: 'in flight' }))
    await it.admin.delete('Lease', leaseName('shop'))
    expect(await a.read()).toMatchObject({ kind: 'free', state: { note: 'in flight' } })
    expect((await a.take(RUN)).fence).toBeGreaterThan(fence)
    expect(await b.read()).toMatchObject({ kind: 'held', by: RUN, state: { note: 'in flight' } })
    // Another has had it: what this process knew is of another world.
    await b.take(NEWER)
    await b.write((state) => ({ ...state, note: 'theirs' }))
    await a.read()
    await it.admin.delete('Lease', leaseName('shop'))
    expect(await a.read()).not.toMatchObject({ state: { note: 'in flight' } })
  })

  test('notices it also when its watch is cut', async () => {
    await using it = await world()
    const [a, b] = [it.claims('a'), it.claims('b')]
    await a.take(RUN)
    it.kubernetes.faults.order(
      { verb: 'watch', resource: 'leases' },
      { kind: 'cut', afterMs: 20 },
      { times: 2 },
    )
    const guard = a.guard()
    await new Promise((resolve) => setTimeout(resolve, 40))
    await b.read()
    await b.take(NEWER)
    await until(() => guard.lost.aborted)
    guard.stop()
  })
})
