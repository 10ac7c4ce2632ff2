import { expect, test } from '@jest/globals'
import { coloured, uncoloured } from '../../src/bluegreen/template.ts'
import { templateOf } from '../../src/bluegreen/template-of.ts'
import { templateHash } from '../../src/canary/template-hash.ts'
import { APPLIED, COLOR, TEMPLATE } from '../../src/names.ts'
import type { LabelSelector, PodTemplate } from '../../src/objects.ts'

const selector = { matchLabels: { app: 'shop' } }
const term = (labelSelector: LabelSelector): object => ({
  labelSelector,
  topologyKey: 'kubernetes.io/hostname',
})
const template = {
  metadata: { labels: { app: 'shop', tier: 'web' }, annotations: { 'helm.sh/chart': 'shop-1' } },
  spec: {
    containers: [{ name: 'app', image: 'shop:1' }],
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          term({ matchLabels: { app: 'shop' } }),
          term({ matchLabels: { tier: 'web' } }),
          term({}),
        ],
      },
    },
    topologySpreadConstraints: [
      { ...term({ matchLabels: { app: 'shop' } }), maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' },
    ],
  },
} as unknown as PodTemplate

test('a colour’s template has our label, and only what meant just its pods means the colour', () => {
  const blue = coloured(template, 'blue', selector)
  expect(blue.metadata?.labels).toEqual({ app: 'shop', tier: 'web', [COLOR]: 'blue' })
  expect(blue.metadata?.annotations).toEqual(template.metadata?.annotations)
  const terms = blue.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
  expect(terms.map((each) => each.labelSelector)).toEqual([
    { matchLabels: { app: 'shop', [COLOR]: 'blue' } },
    { matchLabels: { tier: 'web' } },
    {},
  ])
  expect(blue.spec?.topologySpreadConstraints?.[0]?.labelSelector?.matchLabels).toHaveProperty(
    [COLOR],
    'blue',
  )
})

test('and is the user’s again without it', () => {
  expect(uncoloured(coloured(template, 'green', selector))).toEqual(template)
})

test('is told as it was meant where a webhook added to it, and as it is where somebody changed it', () => {
  const blue = coloured(template, 'blue', selector)
  const taken = { ...blue, spec: { containers: [], ...blue.spec, priority: 5 } }
  const annotations = { [TEMPLATE]: 'meant', [APPLIED]: templateHash(taken) }
  const deployment = { metadata: { annotations }, spec: { selector, template: taken } }
  expect(templateOf(deployment)).toBe('meant')
  const edited = { ...taken, spec: { ...taken.spec, priority: 6 } }
  expect(templateOf({ ...deployment, spec: { selector, template: edited } })).not.toBe('meant')
  expect(templateOf({ metadata: {}, spec: { selector, template: blue } })).toBe(templateHash(template))
})
