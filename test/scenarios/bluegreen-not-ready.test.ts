import { describe, expect } from '@jest/globals'
import type { AppOptions } from '@release-actions/lab'
import { errorOf, failuresOf } from '../support/evidence.ts'
import { scenario } from '../support/scene.ts'
import { APPLIED, standingOf, switchTo } from '../support/switching.ts'

interface Case {
  readonly why: string
  readonly app?: Partial<AppOptions>
  readonly env?: Readonly<Record<string, string>>
  readonly timeout?: string
  readonly code: 'not-ready' | 'timeout'
  /** What the annotation and the summary say of it. */
  readonly says: readonly string[]
}

const CASES: readonly Case[] = [
  {
    why: 'an image that cannot be pulled',
    app: { image: '127.0.0.1:1/shop:9' },
    code: 'not-ready',
    says: ['ImagePull', '127.0.0.1:1/shop:9'],
  },
  {
    why: 'a crash loop, with its last log lines',
    env: { EXIT_AFTER_MS: '0' },
    code: 'not-ready',
    says: ['CrashLoopBackOff', 'shop: the database is gone'],
  },
  {
    why: 'a readiness probe that fails',
    env: { NEVER_READY: '1' },
    // What serves becomes a colour within it too, on a busy machine as well.
    timeout: '15s',
    code: 'timeout',
    says: ['shop-green', 'statuscode: 503'],
  },
]

describe('never switched to, for its pods:', () => {
  for (const { why, app = {}, env = {}, timeout = '30s', code, says } of CASES) {
    scenario(why, { ...APPLIED, rate: 40 }, async (scene) => {
      const done = await switchTo(scene, { version: '2', app, env, inputs: { timeout } })

      const error = errorOf(done)
      expect(done.outputs).toMatchObject({ decision: 'retreated', 'reason-code': code, weight: '0' })
      for (const part of says) expect(`${error}\n${done.summary}`).toContain(part)
      expect(await standingOf(scene)).toMatchObject({ serves: 'blue', pods: { own: 0, blue: 2, green: 0 } })
      expect(Object.keys(scene.load?.counts() ?? {})).toEqual(['1'])
      expect(failuresOf(scene.load)).toEqual([])
      expect(scene.github.deployments[0]?.statuses.at(-1)?.state).toBe('failure')
    })
  }
})

scenario(
  'a quota with room for two colours is enough for the first switch: pods on their way out are waited for',
  { ...APPLIED, rate: 40, app: { preStop: 4 } },
  async (scene) => {
    await scene.stage.apply({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'two-colours' },
      spec: { hard: { pods: '4' } },
    })
    const done = await switchTo(scene, { version: '2', inputs: { timeout: '2m' } })

    expect(done.outputs['decision']).toBe('switched')
    expect(failuresOf(scene.load)).toEqual([])
  },
)
