import { describe, expect } from '@jest/globals'
import { errorless } from '../support/evidence.ts'
import { embeddedScenario } from '../support/scene.ts'

const FAST = { soak: '300ms' }
const DIGEST = `sha256:${'d'.repeat(64)}`

describe('a step that writes nothing', () => {
  embeddedScenario(
    'is `unchanged` where a finished one runs again, in a few requests',
    { rate: 0 },
    async (scene, kubernetes) => {
      const inputs = { ...FAST, plan: '100', image: 'node:24-alpine@' + DIGEST, manifests: '' }
      kubernetes.images.add(`node:24-alpine@${DIGEST}`, {})
      const first = await scene.release({ version: '2', run: { id: 7100 }, inputs })
      expect(first.outputs['decision']).toBe('promoted')
      const [requests, events] = [kubernetes.requests.length, scene.github.events.length]
      const again = await scene.release({ version: '2', run: { id: 7100, attempt: 2 }, inputs })

      expect(again.conclusion).toBe('success')
      expect(again.outputs).toMatchObject({ decision: 'unchanged', weight: '100', version: '2.0.0' })
      const asked = kubernetes.requests
        .since(requests)
        .map(({ method, path, query }) => `${method} ${path}?${query}`)
      expect(asked.filter((request) => !request.startsWith('GET'))).toEqual([])
      expect(asked.length).toBeLessThanOrEqual(8)
      expect(scene.github.events.slice(events).map(({ operation }) => operation)).toEqual(['graphql'])
    },
  )

  embeddedScenario('in a dry run says what it would do', { rate: 0 }, async (scene, kubernetes) => {
    const from = kubernetes.requests.length
    const done = await scene.release({ version: '2', inputs: { 'dry-run': 'true' } })

    expect(errorless(done)).toEqual([])
    expect(done.outputs).toMatchObject({ decision: 'planned', weight: '0' })
    const written = kubernetes.requests.since(from).filter(({ isWrite }) => isWrite)
    expect(written.map(({ method, path }) => `${method} ${path}`)).toEqual([])
    // Not even read: a dry run needs no permission there.
    expect(scene.github.events).toEqual([])
    for (const move of ['give the canary 5 %', 'give the canary 100 %', 'roll the new version out']) {
      expect(done.log).toContain(move)
    }
  })
})
