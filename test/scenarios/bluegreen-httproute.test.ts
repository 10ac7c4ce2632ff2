import { describe, expect } from '@jest/globals'
import { errorless, failuresOf } from '../support/evidence.ts'
import { scenario, type Scene } from '../support/scene.ts'
import { APPLIED, expectServedBy, NEVER, switchTo, UP } from '../support/switching.ts'

async function weightsOf({ stage }: Scene): Promise<Readonly<Record<string, number>>> {
  const route = await stage.get('HTTPRoute', 'shop')
  const { rules } = route?.['spec'] as {
    rules: readonly { backendRefs: readonly { name: string; weight?: number }[] }[]
  }
  return Object.fromEntries(
    rules.flatMap(({ backendRefs }) => backendRefs.map(({ name, weight = 1 }) => [name, weight])),
  )
}

describe('traffic: httproute', () => {
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
})
