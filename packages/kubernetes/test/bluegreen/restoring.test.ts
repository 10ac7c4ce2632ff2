import { describe, expect, test } from '@jest/globals'
import type { Color, Identity } from '@release-actions/release'
import { colorDeployment } from '../../src/bluegreen/color-deployment.ts'
import { restoringOf, type History } from '../../src/bluegreen/restoring.ts'
import { templateHash } from '../../src/canary/template-hash.ts'
import { APPLIED, TEMPLATE } from '../../src/names.ts'
import type { Deployment, PodTemplate, ReplicaSet } from '../../src/objects.ts'

const DIGEST = `sha256:${'d'.repeat(64)}`

/** A pod template with an image and one setting. */
const podsOf = (image: string, mode: string): PodTemplate => ({
  metadata: { labels: { app: 'shop' } },
  spec: { containers: [{ name: 'app', image, env: [{ name: 'MODE', value: mode }] }] },
})

const OWN: Deployment = {
  metadata: { name: 'shop', namespace: 'shop', uid: 'own' },
  spec: { selector: { matchLabels: { app: 'shop' } }, template: podsOf('app:1', 'first') },
}

function color(name: Color, template: PodTemplate): Deployment {
  const made = colorDeployment({
    workload: 'shop',
    namespace: 'shop',
    name: `shop-${name}`,
    color: name,
    template,
    hash: templateHash(template),
    like: OWN,
    beside: {},
    annotations: {},
  })
  return { ...made, metadata: { ...made.metadata, uid: name } }
}

/** The ReplicaSet that a Deployment has left, with the annotations that it had then. */
function left(of: Deployment, day: number): ReplicaSet {
  const template = of.spec?.template
  const labels = { ...template?.metadata?.labels, 'pod-template-hash': `h${day}` }
  return {
    metadata: {
      name: `${of.metadata?.name}-h${day}`,
      creationTimestamp: `2026-11-${String(day).padStart(2, '0')}T00:00:00Z`,
      annotations: { ...of.metadata?.annotations },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: '',
          uid: of.metadata?.uid ?? '',
          controller: true,
        },
      ],
    },
    spec: { selector: {}, template: { ...template, metadata: { ...template?.metadata, labels } } },
  }
}

const SERVING = podsOf('app:3', 'third')
const EARLIER = podsOf('app:2', 'second')
const WARM = podsOf('app:2', 'other')

const history = (over: Partial<History> = {}): History => ({
  workload: 'shop',
  own: OWN,
  colors: { blue: color('blue', WARM), green: color('green', SERVING) },
  replicaSets: [left(OWN, 1), left(color('green', EARLIER), 2), left(color('blue', WARM), 3)],
  ...over,
})

const released = (template: PodTemplate, image = 'app:2', digest?: string): Identity => ({
  template: templateHash(template),
  image,
  digest,
})

describe('an earlier release', () => {
  test('that the other colour has is that one', () => {
    const found = restoringOf(history(), SERVING, 'app', released(WARM))
    expect(found).toEqual({
      goal: { template: WARM, hash: templateHash(WARM), image: 'app:2' },
      from: 'Deployment shop-blue',
      lost: [],
    })
  })

  test('is restored whole from what the other colour has left, in the terms of the own Deployment', () => {
    const found = restoringOf(history(), SERVING, 'app', released(EARLIER))
    expect(found).toEqual({
      goal: { template: EARLIER, hash: templateHash(EARLIER), image: 'app:2' },
      from: 'ReplicaSet shop-green-h2',
      lost: [],
    })
  })

  test('by its tag where that is what was kept, though the record names a digest: and that is said', () => {
    const found = restoringOf(history(), SERVING, 'app', released(EARLIER, 'app:2', DIGEST))
    expect(found).toMatchObject({ goal: { hash: templateHash(EARLIER), image: 'app:2' } })
    expect(found.lost).toEqual([
      expect.stringMatching(/ReplicaSet shop-green-h2 has kept names app:2 by its tag/),
    ])
    // The colour that is up has its pods already.
    const warm = restoringOf(history(), SERVING, 'app', released(WARM, 'app:2', DIGEST))
    expect(warm).toMatchObject({ from: 'Deployment shop-blue', lost: [] })
  })

  test('of the time before the colours is in what the own Deployment has left', () => {
    const found = restoringOf(history(), SERVING, 'app', released(podsOf('app:1', 'first'), 'app:1'))
    expect(found).toMatchObject({ from: 'ReplicaSet shop-h1', goal: { template: podsOf('app:1', 'first') } })
  })

  test('that a webhook has added to is known by the note of its time, and is restored with what was added', () => {
    const asked = color('green', EARLIER)
    const mutated = podsOf('app:2', 'injected')
    const is = color('green', mutated)
    const annotations = {
      ...is.metadata?.annotations,
      [TEMPLATE]: asked.metadata?.annotations?.[TEMPLATE] ?? '',
      [APPLIED]: templateHash(is.spec?.template),
    }
    const set = left({ ...is, metadata: { ...is.metadata, annotations } }, 4)
    const found = restoringOf(history({ replicaSets: [set] }), SERVING, 'app', released(EARLIER))
    expect(found).toMatchObject({ goal: { template: mutated, hash: templateHash(EARLIER) }, lost: [] })
    // A note that another's edit has inherited does not count.
    const edited = left(
      { ...is, metadata: { ...is.metadata, annotations: { ...annotations, [APPLIED]: 'x' } } },
      4,
    )
    expect(restoringOf(history({ replicaSets: [edited] }), SERVING, 'app', released(EARLIER)).from).toBe(
      undefined,
    )
  })

  test('that nothing has kept gets its image, by digest, in the template that serves: and that is said', () => {
    const found = restoringOf(
      history({ replicaSets: [] }),
      SERVING,
      'app',
      released(EARLIER, 'repo/app:2', DIGEST),
    )
    const expected = podsOf(`repo/app:2@${DIGEST}`, 'third')
    expect(found).toMatchObject({
      goal: { template: expected, hash: templateHash(expected) },
      from: undefined,
    })
    expect(found.lost).toEqual([expect.stringMatching(/pod template .* image of app is restored/)])
  })

  test('that differed in its configuration only, which nothing has kept, is refused', () => {
    const wanted = released(podsOf('app:3', 'earlier'), 'app:3')
    expect(() => restoringOf(history(), SERVING, 'app', wanted)).toThrow(
      /has the image that serves now, and nothing has kept the pod template/,
    )
  })

  test('whose record names no template is the newest with its image', () => {
    const wanted = { template: undefined, image: 'app:2', digest: undefined }
    const { replicaSets } = history()
    const colors = { blue: color('blue', podsOf('app:9', 'x')), green: color('green', SERVING) }
    const blue = left({ ...color('blue', WARM) }, 3)
    const found = restoringOf(
      history({ colors, replicaSets: [...replicaSets.slice(0, 2), blue] }),
      SERVING,
      'app',
      wanted,
    )
    expect(found.from).toBe('ReplicaSet shop-blue-h3')
  })

  test('of another workload with the same labels is none of ours', () => {
    const foreign: Deployment = { ...OWN, metadata: { ...OWN.metadata, name: 'other', uid: 'foreign' } }
    const wanted = released(podsOf('app:1', 'first'), 'app:1')
    const found = restoringOf(history({ replicaSets: [left(foreign, 5)] }), SERVING, 'app', wanted)
    expect(found.from).toBe(undefined)
  })
})
