import { describe, expect, test } from '@jest/globals'
import { templateHash } from '../../src/canary/template-hash.ts'
import type { Deployment, PodTemplate, ReplicaSet } from '../../src/objects.ts'
import { releaseOf, restorationOf, revisionsOf } from '../../src/rollback/restoration.ts'

// Which template an earlier release gets back: that of a ReplicaSet that has kept it whole, before that of one with its
// image, before its image alone on the template of today.

const sha = (digit: string): string => `sha256:${digit.repeat(64)}`

/** A template with an image, and an environment that only its own release had. */
function template(image: string, mode: string): PodTemplate {
  return {
    metadata: { labels: { app: 'shop' } },
    spec: {
      containers: [
        { name: 'proxy', image: 'proxy:1' },
        { name: 'app', image, env: [{ name: 'MODE', value: mode }] },
      ],
    },
  }
}

const FIRST = template(`shop@${sha('1')}`, 'first')
const SECOND = template(`shop@${sha('2')}`, 'second')
/** The same image, configured anew. */
const SECOND_AGAIN = template(`shop@${sha('2')}`, 'second again')
const THIRD = template(`shop@${sha('3')}`, 'third')
const TAGGED = template('shop:4', 'tagged')

const deployment = (present: PodTemplate): Deployment => ({
  metadata: { name: 'shop', uid: 'shop-uid' },
  spec: { selector: { matchLabels: { app: 'shop' } }, template: present },
})

/** As the controller makes it: with the hash in its labels. */
function kept(name: string, revision: number, of: PodTemplate, owner = 'shop-uid'): ReplicaSet {
  const labels = { ...of.metadata?.labels, 'pod-template-hash': name }
  return {
    metadata: {
      name,
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop', uid: owner, controller: true },
      ],
    },
    spec: { selector: {}, template: { ...of, metadata: { ...of.metadata, labels } } },
  }
}

const image = (of: PodTemplate): string => of.spec?.containers.find(({ name }) => name === 'app')?.image ?? ''

describe('an earlier release is run again', () => {
  const sets = [kept('a', 1, FIRST), kept('b', 2, SECOND), kept('c', 4, SECOND_AGAIN), kept('d', 3, THIRD)]

  test.each([
    ['with the template of its record', { template: templateHash(SECOND) }, 'b', SECOND],
    ['though another release had its image since', { template: templateHash(FIRST) }, 'a', FIRST],
    ['of a record without template: as the newest with its image', {}, 'c', SECOND_AGAIN],
    ['of a record whose template is not known', { template: '' }, 'c', SECOND_AGAIN],
  ])('%s', (_, wanted, replicaSet, expected) => {
    const { template: hash } = { template: undefined, ...wanted }
    const of = replicaSet === 'a' ? '1' : '2'
    expect(
      restorationOf(deployment(THIRD), sets, 'app', {
        image: `shop@${sha(of)}`,
        digest: sha(of),
        ...(hash === undefined ? {} : { template: hash }),
      }),
    ).toEqual({ template: templateHash(expected), image: image(expected), replicaSet, lost: [] })
  })

  test('where the workload has the template already, and no ReplicaSet: nothing is lost', () => {
    expect(
      restorationOf(deployment(SECOND), [], 'app', {
        image: image(SECOND),
        digest: sha('2'),
        template: templateHash(SECOND),
      }),
    ).toEqual({ template: templateHash(SECOND), image: image(SECOND), replicaSet: undefined, lost: [] })
  })

  test.each([
    ['whose ReplicaSet is gone', templateHash(FIRST), /no ReplicaSet has kept the pod template/],
    ['whose record names no template', undefined, /no ReplicaSet has kept that image/],
  ])('%s by its image alone, on the template of today, and what is lost is said', (_, hash, why) => {
    const wanted = { image: `shop@${sha('1')}`, digest: sha('1'), ...(hash && { template: hash }) }
    const { lost, ...rest } = restorationOf(deployment(THIRD), [kept('d', 3, THIRD)], 'app', wanted)
    const mixed = template(`shop@${sha('1')}`, 'third')
    expect(rest).toEqual({ template: templateHash(mixed), image: image(mixed), replicaSet: undefined })
    expect(lost).toHaveLength(1)
    expect(lost[0]).toMatch(why)
    expect(lost[0]).toContain('the image of app is restored')
  })

  test.each([
    ['by the digest of its record, for the tag may have moved', 'shop:1', sha('1'), `shop:1@${sha('1')}`],
    ['by the tag where no digest is known', 'shop:1', undefined, 'shop:1'],
    [
      'from a registry with a port',
      'registry.test:5000/shop:1',
      sha('1'),
      `registry.test:5000/shop:1@${sha('1')}`,
    ],
    ['as it is where it names its digest', `shop@${sha('1')}`, sha('1'), `shop@${sha('1')}`],
  ])('%s', (_, named, digest, expected) => {
    const restored = restorationOf(deployment(THIRD), [], 'app', { image: named, digest })
    expect(restored.image).toBe(expected)
  })

  test('with no other container touched, and with none of the ReplicaSets of somebody else', () => {
    const foreign = kept('x', 9, FIRST, 'another-uid')
    const wanted = { image: image(FIRST), digest: sha('1'), template: templateHash(FIRST) }
    const restored = restorationOf(deployment(THIRD), [foreign], 'app', wanted)
    expect(restored.replicaSet).toBeUndefined()
    expect(restored.template).toBe(templateHash(template(image(FIRST), 'third')))
  })

  test('by its tag where that is what was kept, whole and unchanged: that the tag may have moved is said', () => {
    const wanted = { image: 'shop:4', digest: sha('4'), template: templateHash(TAGGED) }
    const { lost, ...rest } = restorationOf(deployment(THIRD), [kept('t', 5, TAGGED)], 'app', wanted)
    // It is the template that the record, the Lease and the ReplicaSet know: pinned, it would be a third release.
    expect(rest).toEqual({ template: templateHash(TAGGED), image: 'shop:4', replicaSet: 't' })
    expect(lost).toEqual([expect.stringContaining(`ReplicaSet t has kept names shop:4 by its tag`)])
    expect(lost[0]).toContain(sha('4'))
    const unknown = { ...wanted, digest: undefined }
    expect(restorationOf(deployment(THIRD), [kept('t', 5, TAGGED)], 'app', unknown).lost).toEqual([])
  })

  test('with the hash that the template has on the workload, not on the ReplicaSet', () => {
    const restarted = { ...SECOND, metadata: { ...SECOND.metadata, annotations: {} } }
    const wanted = { image: image(SECOND), digest: sha('2'), template: templateHash(SECOND) }
    const restored = restorationOf(deployment(THIRD), [kept('b', 2, restarted)], 'app', wanted)
    expect(restored).toMatchObject({ replicaSet: 'b', template: templateHash(SECOND) })
  })
})

describe('what a workload has run', () => {
  test('is listed by revision, the newest first, whatever the order of the list', () => {
    const sets = [
      kept('b', 2, SECOND),
      kept('d', 10, THIRD),
      kept('a', 9, FIRST),
      kept('x', 11, TAGGED, 'other'),
    ]
    expect(
      revisionsOf(deployment(THIRD), sets, 'app').map(({ replicaSet, revision }) => [replicaSet, revision]),
    ).toEqual([
      ['d', 10],
      ['a', 9],
      ['b', 2],
    ])
  })

  test.each([
    ['the label that Kubernetes recommends', { 'app.kubernetes.io/version': '4.2.0' }, 'shop:4', '4.2.0'],
    ['else the tag', {}, 'shop:4', '4'],
    ['else the short digest', {}, `shop@${sha('a')}`, /^(sha256:)?a{7,}/],
  ])('is called by %s', (_, labels, named, version) => {
    const of = template(named, 'x')
    const release = releaseOf({ ...of, metadata: { labels: { ...of.metadata?.labels, ...labels } } }, 'app')
    expect(release.version).toMatch(version)
    expect(release.digest).toBe(named.includes('@') ? sha('a') : undefined)
  })
})
