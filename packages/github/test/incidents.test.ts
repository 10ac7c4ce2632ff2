import { describe, expect, test } from '@jest/globals'
import { createIncidents, type IncidentsOptions } from '../src/index.ts'
import { world } from './world.ts'

type It = Awaited<ReturnType<typeof world>>

const incidents = (it: It, change: Partial<IncidentsOptions> = {}) =>
  createIncidents({
    github: it.github(),
    clock: it.clock,
    environment: 'production',
    service: 'shop',
    run: { id: 7, attempt: 1 },
    warn: (text) => it.warnings.push(text),
    ...change,
  })

const REPORT = { title: 'shop was rolled back', body: 'from 3.0.0 to 2.0.0' }

describe('an incident', () => {
  test('is one issue for a service and an environment, that every further rollback adds to', async () => {
    await using it = await world()
    const first = await incidents(it).report(REPORT)
    const second = await incidents(it, { run: { id: 8, attempt: 1 } }).report({ ...REPORT, body: 'to 1.0.0' })
    await incidents(it, { service: 'cart' }).report(REPORT)
    await incidents(it, { environment: 'staging' }).report(REPORT)

    expect([first?.opened, second?.opened, second?.number]).toEqual([true, false, first?.number])
    expect(it.hub.issues.map(({ number, state }) => [number, state])).toEqual([
      [1, 'open'],
      [2, 'open'],
      [3, 'open'],
    ])
    const [issue] = it.hub.issues
    expect(issue?.labels.map(({ name }) => name)).toEqual([
      'release-actions:incident',
      'incident',
      'service: shop',
      'environment: production',
    ])
    expect(issue?.comments.map(({ body }) => body.split('\n')[0])).toEqual(['to 1.0.0'])
    expect(it.hub.violations).toEqual([])
  })

  test('is told by one run once, whatever the attempt', async () => {
    await using it = await world()
    await incidents(it).report(REPORT)
    await incidents(it, { run: { id: 9, attempt: 1 } }).report(REPORT)
    await incidents(it).report(REPORT)
    await incidents(it, { run: { id: 9, attempt: 1 } }).report(REPORT)
    expect(it.hub.issues.map(({ comments }) => comments.length)).toEqual([1])
  })

  test('is told by a later attempt what the first had not said: that it worked after all', async () => {
    await using it = await world()
    const second = incidents(it, { run: { id: 7, attempt: 2 } })
    await incidents(it).report({ title: 'shop could NOT be rolled back', body: 'a timeout' })
    for (let n = 0; n < 2; n++) await second.report(REPORT)
    expect(it.hub.issues.map(({ title }) => title)).toEqual([REPORT.title])
    // Of another run it is another story, and the issue keeps its name.
    await incidents(it, { run: { id: 8, attempt: 1 } }).report({ title: 'once more', body: 'again' })
    expect(it.hub.issues.map(({ title }) => title)).toEqual([REPORT.title])
    it.hub.issues[0]?.comments.pop()
    expect(it.hub.issues.map(({ comments }) => comments.map(({ body }) => body.split('\n')[0]))).toEqual([
      ['from 3.0.0 to 2.0.0'],
    ])
  })

  test('that somebody has closed is not opened again by a later attempt with the same words', async () => {
    await using it = await world()
    await incidents(it).report(REPORT)
    Object.assign(it.hub.issues[0] ?? {}, { state: 'closed' })
    const ref = await incidents(it, { run: { id: 7, attempt: 2 } }).report(REPORT)
    expect(ref).toMatchObject({ number: 1, opened: false })
    expect(it.hub.issues).toHaveLength(1)
    await incidents(it, { run: { id: 8, attempt: 1 } }).report(REPORT)
    expect(it.hub.issues).toHaveLength(2)
  })

  test('of two that were opened at once the older stays, and has what both said', async () => {
    await using it = await world()
    let raced = false
    it.hub.watch(async (moment, event) => {
      if (raced || moment !== 'before' || event.method !== 'POST' || !event.path.endsWith('/issues')) return
      raced = true
      await incidents(it, { run: { id: 9, attempt: 1 } }).report({ ...REPORT, body: 'the other' })
    })
    const ref = await incidents(it).report(REPORT)
    expect(ref).toMatchObject({ number: 1, opened: false })
    expect(it.hub.issues.map(({ state }) => state)).toEqual(['open', 'closed'])
    expect(it.hub.issues[0]?.body).toContain('the other')
    expect(it.hub.issues[0]?.comments[0]?.body).toContain('from 3.0.0')
  })

  test('is found among more than a page of others, and so is what was said of it', async () => {
    await using it = await world()
    const labels = ['release-actions:incident']
    const issues = 'POST /repos/{owner}/{repo}/issues'
    const crowd = async (size: number): Promise<void> => {
      for (let n = 0; n < size; n++) await it.github().call(issues, { title: `other ${n}`, labels })
    }
    await crowd(120)
    const first = await incidents(it).report(REPORT)
    await crowd(120)
    const other = { run: { id: 8, attempt: 1 } }
    const again = await incidents(it, other).report(REPORT)
    expect([first?.opened, again?.opened, again?.number]).toEqual([true, false, first?.number])

    const comments = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments'
    for (let n = 0; n < 120; n++)
      await it.github().call(comments, { issue_number: first?.number ?? 0, body: 'what about it?' })
    await incidents(it, { run: { id: 9, attempt: 1 } }).report(REPORT)
    await incidents(it, { run: { id: 9, attempt: 2 } }).report(REPORT)
    const said = it.hub.issues.find(({ number }) => number === first?.number)?.comments ?? []
    expect(said.filter(({ body }) => body.startsWith(REPORT.body))).toHaveLength(2)
    expect(await incidents(it, other).resolve('fixed')).toMatchObject({ number: first?.number })
  })

  test('is not opened twice when the answer to the first was lost', async () => {
    await using it = await world()
    it.hub.fault({ operations: ['issues/create'], fault: { kind: 'drop', effect: 'after' } })
    await incidents(it).report(REPORT)
    expect(it.hub.issues.filter(({ state }) => state === 'open')).toHaveLength(1)
  })

  test('is closed with a comment, and not found any more: the next one is new', async () => {
    await using it = await world()
    expect(await incidents(it).resolve('fixed')).toBeUndefined()
    await incidents(it).report(REPORT)
    expect(await incidents(it, { run: { id: 8, attempt: 1 } }).resolve('4.0.0 serves')).toMatchObject({
      number: 1,
    })
    expect(it.hub.issues[0]).toMatchObject({ state: 'closed', stateReason: 'completed' })
    expect(it.hub.issues[0]?.comments[0]?.body).toContain('4.0.0 serves')
    expect(await incidents(it, { run: { id: 9, attempt: 1 } }).report(REPORT)).toMatchObject({
      number: 2,
      opened: true,
    })
  })

  test('cannot be faked into another by a name', async () => {
    await using it = await world()
    await incidents(it, { service: 'a --> b', environment: 'x' }).report(REPORT)
    expect(it.hub.issues[0]?.body).not.toContain('a -->')
    expect(await incidents(it, { service: 'a', environment: 'x' }).resolve('no')).toBeUndefined()
    expect(await incidents(it, { service: 'a --> b', environment: 'x' }).resolve('yes')).toMatchObject({
      number: 1,
    })
  })

  test('that the token may not write is said once, and fails nothing', async () => {
    await using it = await world()
    const mine = incidents(it, { github: it.github({ contents: 'read', issues: 'read' }) })
    expect(await mine.report(REPORT)).toBeUndefined()
    expect(await mine.report(REPORT)).toBeUndefined()
    expect(it.warnings).toHaveLength(1)
    expect(it.warnings[0]).toContain('issues: write')
  })
})
