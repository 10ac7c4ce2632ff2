/** The bundled select-services, on a repository of six services and the embedded GitHub. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { startAction, type ActionResult, type EmbeddedGitHub, type RunOrder } from '@release-actions/lab'
import { SIX } from '../../packages/config/test/world.ts'
import { record, world } from '../../packages/github/test/world.ts'
import { errorOf } from '../support/evidence.ts'
import { inputsOf, readWorkflow } from '../support/example.ts'
import { DIST } from '../support/scene.ts'

// Each starts processes: on a busy machine that takes its time.
jest.setTimeout(60_000)

const FILE = '.github/release-actions.yml'
const folders: string[] = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })))

interface Order {
  readonly inputs?: Readonly<Record<string, string>>
  readonly run?: RunOrder
  readonly event?: object
  readonly text?: string
}

interface Leg {
  readonly service: string
  readonly strategy: string
  readonly approval: string
  readonly plan: string
  readonly login: string
  readonly wave: number
  readonly reason: string
}

interface Selected {
  readonly done: ActionResult
  readonly services: readonly string[]
  readonly waves: readonly (readonly string[])[]
  readonly legs: readonly Leg[]
}

async function select(
  hub: EmbeddedGitHub,
  { inputs = {}, run, event, text = SIX }: Order,
): Promise<Selected> {
  const workspace = mkdtempSync(join(tmpdir(), 'select-'))
  folders.push(workspace)
  mkdirSync(dirname(join(workspace, FILE)), { recursive: true })
  writeFileSync(join(workspace, FILE), text)
  const done = await startAction({
    dir: join(DIST, 'select-services'),
    github: hub.run(run),
    workspace,
    inputs,
    ...(event === undefined ? {} : { event }),
  }).done
  expect(hub.violations).toEqual([])
  const json = (name: string): unknown => JSON.parse(done.outputs[name] ?? 'null')
  const waves = (json('waves') ?? []) as readonly { readonly include: readonly Leg[] }[]
  return {
    done,
    services: (json('services') ?? []) as readonly string[],
    waves: waves.map(({ include }) => include.map(({ service }) => service)),
    legs: ((json('matrix') ?? { include: [] }) as { readonly include: readonly Leg[] }).include,
  }
}

/** The repository's history: one commit, and one that changes these files. */
function push(
  hub: EmbeddedGitHub,
  ...paths: readonly string[]
): { readonly before: string; readonly after: string } {
  const before = hub.commit()
  return { before, after: hub.commit({ files: Object.fromEntries(paths.map((path) => [path, before])) }) }
}

describe('without an environment, what the trigger changed', () => {
  test('of a push is compared with the commit before it, and the order is the declared one', async () => {
    await using w = await world()
    const { before } = push(w.hub, 'services/cart/main.go', 'services/shop/main.go', 'README.md')
    const { done, services, waves, legs } = await select(w.hub, { event: { before } })

    expect(services).toEqual(['cart', 'admin', 'shop'])
    expect(waves).toEqual([['cart', 'admin'], ['shop']])
    expect(legs.map(({ reason }) => reason)).toEqual([
      'services/cart/main.go changed',
      'it has no paths, so any change is one of it',
      'services/shop/main.go changed',
    ])
    expect(done.outputs).toMatchObject({
      any: 'true',
      message: '3 of 6 services are to be released: cart, admin, shop',
    })
    expect(done.summary).toContain('services/cart/main.go changed')
    expect(w.hub.writes()).toEqual([])
  })

  test('of a pull request is compared with its base', async () => {
    await using w = await world()
    const { before, after } = push(w.hub, 'services/mail/a')
    const event = { pull_request: { base: { sha: before }, head: { sha: after } } }
    expect((await select(w.hub, { event })).services).toEqual(['mail', 'admin'])
  })

  test('may be nothing', async () => {
    await using w = await world()
    const { before } = push(w.hub, 'README.md')
    const { done, services } = await select(w.hub, {
      event: { before },
      text: SIX.replace(/ {2}admin:[^]*?(?=environments:)/, ''),
    })
    expect(services).toEqual([])
    expect(done.outputs).toMatchObject({ any: 'false', matrix: '{"include":[]}', waves: '[]', login: '' })
    expect(done.conclusion).toBe('success')
  })

  test.each([
    ['a new branch', { before: '0'.repeat(40) }, 'the branch is new'],
    [
      'a commit that a force push removed',
      { before: 'b'.repeat(40) },
      'bbbbbbb is not in the repository any more',
    ],
    ['a dispatch', {}, 'a run of push has no commit before it'],
  ])('cannot be known of %s: then it is everything', async (_, event, reason) => {
    await using w = await world()
    const { services, legs } = await select(w.hub, { event })
    expect(services).toHaveLength(6)
    expect(new Set(legs.map((leg) => leg.reason))).toEqual(new Set([reason]))
  })

  test('cannot be known where GitHub does not list every file', async () => {
    await using w = await world()
    const { before } = push(w.hub, ...Array.from({ length: 301 }, (_, n) => `docs/${n}`))
    expect((await select(w.hub, { event: { before } })).services).toHaveLength(6)
  })
})

describe('with an environment, what changed since the last verified release of each service', () => {
  test('is offered again when its release failed, and not when it was verified', async () => {
    await using w = await world()
    const released = async (service: string, sha: string, id: number, good: boolean): Promise<void> => {
      const ledger = w.ledger({ service, sha })
      const entry = await ledger.open(record({ service, run: { id, attempt: 1 } }), undefined)
      await (good ? ledger.verified(entry.id, 'serves') : ledger.failed(entry.id, 'taken back'))
    }
    const first = w.hub.commit({ files: { 'services/shop/a': '1', 'services/cart/a': '1' } })
    for (const [id, service] of ['shop', 'cart', 'users', 'mail', 'search'].entries()) {
      await released(service, first, 10 + id, true)
    }
    const second = w.hub.commit({ files: { 'services/shop/a': '2', 'services/cart/a': '2' } })
    await released('shop', second, 20, false)
    await released('cart', second, 21, true)
    w.hub.commit({ files: { 'README.md': 'new' } })

    const { done, services, legs } = await select(w.hub, {
      inputs: { environment: 'production' },
      event: { before: second },
    })
    expect(services).toEqual(['shop', 'admin'])
    // One for all services of the environment, also where none is to be released.
    expect(JSON.parse(done.outputs['login'] ?? '')).toMatchObject({ provider: 'eks', cluster: 'main' })
    expect(legs).toMatchObject([
      {
        reason: 'services/shop/a changed',
        approval: 'each',
        strategy: 'canary',
        plan: '[1,5,25,100]',
        login: expect.stringContaining('"provider":"eks"'),
      },
      { reason: 'it has no verified release to production', strategy: 'bluegreen', plan: '' },
    ])
    // One comparison for each commit, and one question for the record.
    const asked = w.hub.events.filter(({ path }) => path.includes('/compare/'))
    expect(asked).toHaveLength(2)
  })
})

test('what was taken back is not offered again until something of it changes', async () => {
  await using w = await world()
  const only = { services: 'changed', environment: 'production' }
  const text = 'services: {shop: {paths: [shop/**]}}\n'
  const recorded = async (kind: 'release' | 'rollback', sha: string, id: number): Promise<void> => {
    const ledger = w.ledger({ sha })
    const entry = await ledger.open(record({ kind, run: { id, attempt: 1 } }), undefined)
    await ledger.verified(entry.id, 'serves')
  }
  const good = w.hub.commit({ files: { 'shop/a': '1' } })
  await recorded('release', good, 1)
  const bad = w.hub.commit({ files: { 'shop/a': '2' } })
  await recorded('release', bad, 2)
  await recorded('rollback', good, 3)

  w.hub.commit({ files: { 'README.md': 'x' } })
  expect((await select(w.hub, { inputs: only, text })).services).toEqual([])
  w.hub.commit({ files: { 'shop/a': '3' } })
  expect((await select(w.hub, { inputs: only, text })).services).toEqual(['shop'])
})

describe('the services', () => {
  test('may be all, or named, without anything being asked', async () => {
    await using w = await world()
    expect((await select(w.hub, { inputs: { services: 'all' } })).waves).toEqual([
      ['users', 'mail', 'admin'],
      ['cart', 'search'],
      ['shop'],
    ])
    expect((await select(w.hub, { inputs: { services: 'shop, users' } })).waves).toEqual([
      ['users'],
      ['shop'],
    ])
    const listed = { 'changed-files': 'services/search/a\nREADME.md' }
    expect((await select(w.hub, { inputs: listed })).services).toEqual(['search', 'admin'])
    expect(w.hub.events).toEqual([])
  })

  test('go one by one where the file says so', async () => {
    await using w = await world()
    const { waves } = await select(w.hub, { inputs: { services: 'all' }, text: `order: one-by-one\n${SIX}` })
    expect(waves).toEqual([['users'], ['cart'], ['shop'], ['mail'], ['search'], ['admin']])
  })
})

describe('refused:', () => {
  test.each<readonly [string, Order, string]>([
    ['a service that the file does not have', { inputs: { services: 'shpo' } }, 'did you mean shop?'],
    ['names beside changed', { inputs: { services: 'changed, shop' } }, 'changed, all, or names'],
    [
      'an environment that the file does not have',
      { inputs: { environment: 'prodution', services: 'all' } },
      'did you mean production?',
    ],
    ['since a release to nowhere', { inputs: { since: 'release' } }, 'it with environment'],
    ['a commit that is none', { inputs: { base: 'main' } }, 'a full commit SHA'],
    [
      'a mistake in the file',
      { text: SIX.replace('depends-on: users', 'depends-on: usres') },
      'did you mean users?',
    ],
    [
      'a token that may not read',
      { run: { permissions: { checks: 'write' } }, event: { before: 'a'.repeat(40) } },
      'contents: read',
    ],
  ])('%s', async (_, order, legal) => {
    await using w = await world()
    const { done } = await select(w.hub, order)
    expect(errorOf(done)).toContain(legal)
    expect(done.exitCode).toBe(1)
  })
})

test('the example: its step selects, and its matrix names what the next job needs', async () => {
  await using w = await world()
  const workflow = readWorkflow('actions/select-services/examples/changed-services.yml')
  const [inputs = {}] = inputsOf(workflow, 'select-services', {})
  const { legs } = await select(w.hub, { inputs })
  expect(legs).toHaveLength(6)
  const used = JSON.stringify(workflow).match(/matrix\.[\w-]+/g) ?? []
  expect(used.length).toBeGreaterThan(1)
  for (const name of used) expect(legs[0]).toHaveProperty(name.slice('matrix.'.length))
})
