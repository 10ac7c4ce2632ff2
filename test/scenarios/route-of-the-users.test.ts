import { describe, expect } from '@jest/globals'
import { appDeployment, appService, type Manifest } from '@release-actions/lab'
import { errorless, errorOf, failuresOf } from '../support/evidence.ts'
import { BRIEF_PODS, scenario } from '../support/scene.ts'

/** Filters, matches, a second rule, other backends, a rule that is none of ours: what a route that is in use looks like. */
function busy(route: Manifest): Manifest {
  const spec = route['spec'] as { readonly parentRefs: unknown; readonly hostnames: unknown }
  const stable = { name: 'shop', port: 80 }
  const marked = (value: string): object => ({
    type: 'ResponseHeaderModifier',
    responseHeaderModifier: { add: [{ name: 'x-rule', value }] },
  })
  return {
    ...route,
    spec: {
      ...spec,
      rules: [
        {
          matches: [
            { path: { type: 'PathPrefix', value: '/api' }, headers: [{ name: 'x-tenant', value: 'a' }] },
          ],
          filters: [marked('api')],
          backendRefs: [
            { ...stable, weight: 3 },
            { name: 'other', port: 80, weight: 1 },
          ],
        },
        {
          matches: [{ path: { type: 'PathPrefix', value: '/other' } }],
          backendRefs: [{ name: 'other', port: 80 }],
        },
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          filters: [marked('all')],
          backendRefs: [stable],
        },
      ],
    },
  }
}

const SCENE = { rate: 60, route: busy }

describe("a route of the user's", () => {
  for (const [outcome, env] of [
    ['promoted', {}],
    ['retreated', { ERROR_RATE: '0.9' }],
  ] as const) {
    scenario(`has its filters, rules and other backends untouched once ${outcome}`, SCENE, async (scene) => {
      const { stage, load } = scene
      await stage.apply(
        appDeployment({ name: 'other', version: 'other', replicas: 1, podSpec: appVolume(), ...BRIEF_PODS }),
        appService('other'),
      )
      await stage.rolledOut('other')
      const before = (await stage.get('HTTPRoute', 'shop'))?.['spec']
      const running = scene.start({
        version: '2',
        env,
        inputs: { plan: '40, 100', soak: '1500ms', interval: '1s', gates: GATES },
      })
      await running.logged(/judge at 40 %/)
      const during = (await stage.get('HTTPRoute', 'shop'))?.['spec'] as { rules: readonly Rule[] }
      const done = await running.done

      expect(done.outputs['decision']).toBe(outcome)
      expect(outcome === 'promoted' ? errorless(done) : [errorOf(done)]).toHaveLength(
        outcome === 'promoted' ? 0 : 1,
      )
      // The share of the stable's own share; the others keep theirs.
      expect(during.rules.map(sharesOf)).toEqual([
        { shop: 0.45, 'shop-canary': 0.3, other: 0.25 },
        { other: 1 },
        { shop: 0.6, 'shop-canary': 0.4 },
      ])
      expect((await stage.get('HTTPRoute', 'shop'))?.['spec']).toEqual(before)
      if (outcome === 'promoted') expect(failuresOf(load)).toEqual([])
    })
  }
})

const GATES = `
- name: errors
  scrape: {port: http, signal: error-rate}
  max: 10%
  min-samples: 1
`

function appVolume(): Readonly<Record<string, unknown>> {
  return { volumes: [{ name: 'app', configMap: { name: 'shop-app' } }] }
}

interface Rule {
  readonly backendRefs: readonly { readonly name: string; readonly weight?: number }[]
}

/** By backend, 0..1. */
function sharesOf({ backendRefs }: Rule): Readonly<Record<string, number>> {
  const all = backendRefs.reduce((sum, { weight = 1 }) => sum + weight, 0)
  return Object.fromEntries(
    backendRefs.map(({ name, weight = 1 }) => [name, Math.round((weight / all) * 1e4) / 1e4]),
  )
}
