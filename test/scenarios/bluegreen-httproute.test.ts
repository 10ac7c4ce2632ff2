import { describe, expect } from '@jest/globals'
import type { ActionResult } from '@release-actions/lab'
import type { SwitchMade } from '@release-actions/release'
import { errorless, errorOf, failuresOf } from '../support/evidence.ts'
import { embeddedScenario, scenario, type Scene } from '../support/scene.ts'
import { APPLIED, expectServedBy, NEVER, startSwitch, switchTo, UP } from '../support/switching.ts'

async function weightsOf({ stage }: Scene): Promise<Readonly<Record<string, number>>> {
  const route = await stage.get('HTTPRoute', 'shop')
  const { rules } = route?.['spec'] as {
    rules: readonly { backendRefs: readonly { name: string; weight?: number }[] }[]
  }
  return Object.fromEntries(
    rules.flatMap(({ backendRefs }) => backendRefs.map(({ name, weight = 1 }) => [name, weight])),
  )
}

/** How each switch of the step was proved. */
function proofsOf({ outputs }: ActionResult): readonly SwitchMade[] {
  const { evidence } = JSON.parse(outputs['result'] ?? '{}') as {
    evidence: { switches: readonly SwitchMade[] }
  }
  return evidence.switches
}

describe('traffic: httproute', () => {
  embeddedScenario(
    'is proved by what users ask, or by what the pods have counted',
    APPLIED,
    async (scene) => {
      const { stage } = scene
      const traffic = 'httproute/shop'
      await stage.patch('HTTPRoute', 'shop', { spec: { hostnames: [scene.host, 'localhost'] } })
      const probe = `http://localhost:${new URL(stage.gatewayUrl).port}/`
      const asked = await switchTo(scene, { version: '2', run: { id: 7100 }, inputs: { traffic, probe } })
      expect(errorless(asked)).toEqual([])
      const all = { verified: 'observed', by: 'url', seen: { asked: 20, answered: 20 } }
      // The adopted colour answers as what it takes the place of.
      expect(proofsOf(asked)).toMatchObject([{ to: 'blue' }, { to: 'green', ...all }])
      expect(asked.summary).toContain('answered 20 of 20 requests to the URL of probe')
      expect(asked.outputs['measured-weight']).toBe('100')

      const gates = '- name: errors\n  scrape: {port: 8080, signal: error-rate}\n  max: 5%\n'
      const counted = await switchTo(scene, {
        version: '3',
        run: { id: 7101 },
        inputs: { traffic, 'post-switch-gates': gates, soak: '2s' },
      })
      expect(errorless(counted)).toEqual([])
      expect(proofsOf(counted)).toMatchObject([{ to: 'blue', verified: 'observed', by: 'counters' }])

      const blind = await switchTo(scene, { version: '4', run: { id: 7102 }, inputs: { traffic } })
      expect(blind.summary).toContain('Not proved by a request')
      expect(blind.outputs['measured-weight']).toBe('')
      expect(failuresOf(scene.load)).toEqual([])
    },
  )

  scenario(
    'switches every request at once, those of open connections too, and back',
    APPLIED,
    async (scene) => {
      const traffic = 'httproute/shop'
      const first = await switchTo(scene, {
        version: '2',
        run: { id: 7100 },
        inputs: { traffic, 'pre-switch-gates': UP, 'post-switch-gates': UP },
      })
      expect(errorless(first)).toEqual([])
      expect(first.outputs).toMatchObject({ decision: 'switched', color: 'green' })
      expect(await weightsOf(scene)).toMatchObject({ 'shop-blue': 0, 'shop-green': 100 })
      expect(first.summary).toContain('those of connections that clients keep open as well')
      await expectServedBy(scene, '2')

      const back = await switchTo(scene, {
        version: '3',
        run: { id: 7101 },
        inputs: { traffic, 'post-switch-gates': NEVER },
      })
      expect(back.outputs).toMatchObject({ decision: 'retreated', color: 'green' })
      expect(await weightsOf(scene)).toMatchObject({ 'shop-blue': 0, 'shop-green': 100 })
      await expectServedBy(scene, '2')

      const second = await switchTo(scene, { version: '4', run: { id: 7102 }, inputs: { traffic } })
      expect(errorless(second)).toEqual([])
      expect(await weightsOf(scene)).toMatchObject({ 'shop-blue': 100, 'shop-green': 0 })
      await expectServedBy(scene, '4')
      expect(failuresOf(scene.load)).toEqual([])
    },
  )

  scenario("goes back, and on, where somebody has deleted a colour's Service", APPLIED, async (scene) => {
    const { stage } = scene
    const traffic = 'httproute/shop'
    const gates = { 'post-switch-gates': UP }
    expect(errorless(await switchTo(scene, { version: '2', inputs: { traffic, ...gates } }))).toEqual([])

    const soaking = startSwitch(scene, { version: '3', inputs: { traffic, ...gates, soak: '60s' } })
    await soaking.logged(/judge while it serves, after the switch/)
    await stage.remove('Service', 'shop-blue')
    const back = await soaking.done
    expect(back.outputs).toMatchObject({ decision: 'retreated', 'reason-code': 'conflict', color: 'green' })
    expect(errorOf(back)).toContain('Service shop-blue is gone')
    await expectServedBy(scene, '2')

    // The idle colour's is made anew before anything goes back to it.
    const failing = startSwitch(scene, {
      version: '4',
      inputs: { traffic, 'post-switch-gates': NEVER, 'warm-up': '2s' },
    })
    await failing.logged(/judge while it serves, after the switch/)
    await stage.remove('Service', 'shop-green')
    expect((await failing.done).outputs).toMatchObject({ decision: 'retreated', color: 'green' })
    await stage.answers(scene.host)
    await expectServedBy(scene, '2')
    expect((await stage.list('Service')).map(({ metadata }) => metadata.name)).toEqual(
      expect.arrayContaining(['shop-blue', 'shop-green']),
    )
  })
})
