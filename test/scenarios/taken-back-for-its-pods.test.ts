import { describe, expect } from '@jest/globals'
import type { AppOptions, Manifest } from '@release-actions/lab'
import { footprintOf } from '../support/app.ts'
import { errorOf, failuresOf } from '../support/evidence.ts'
import { scenario, type Scene } from '../support/scene.ts'

interface Case {
  readonly why: string
  readonly set?: (scene: Scene) => Promise<void>
  readonly app?: Partial<AppOptions>
  readonly env?: Readonly<Record<string, string>>
  readonly timeout?: string
  readonly code: 'not-ready' | 'timeout' | 'forbidden'
  /** What the annotation and the summary say of it. */
  readonly says: readonly string[]
}

const quota: Manifest = {
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'few-pods' },
  spec: { hard: { pods: '2' } },
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
    // Long enough for a pod to start and be probed, on a busy machine too.
    timeout: '8s',
    code: 'timeout',
    says: ['0 of 1 pods of shop-canary became ready', 'statuscode: 503'],
  },
  {
    why: 'a node that does not exist',
    app: { podSpec: { nodeSelector: { disk: 'none-such' } } },
    timeout: '3s',
    code: 'timeout',
    says: ['0 of 1 pods of shop-canary became ready', 'affinity/selector'],
  },
  {
    why: 'a full quota',
    set: async ({ stage }) => {
      await stage.apply(quota)
      await used(stage, 2)
    },
    code: 'not-ready',
    says: ['exceeded quota: few-pods'],
  },
]

describe('a version is taken back for its pods, before it has any traffic:', () => {
  for (const { why, set, app = {}, env = {}, timeout = '30s', code, says } of CASES) {
    scenario(why, { rate: 40 }, async (scene) => {
      const { stage, load } = scene
      await set?.(scene)
      const before = await footprintOf(stage)
      const done = await scene.release({ version: '2', app, env, inputs: { timeout, plan: '50, 100' } })

      const error = errorOf(done)
      expect(done.outputs).toMatchObject({ decision: 'retreated', 'reason-code': code, weight: '0' })
      for (const part of says) expect(`${error}\n${done.summary}`).toContain(part)
      expect(done.summary).toContain('## ')
      expect(await footprintOf(stage)).toEqual(before)
      expect(Object.keys(load?.counts() ?? {})).toEqual(['1'])
      expect(failuresOf(load)).toEqual([])
      expect(scene.github.deployments[0]?.statuses.at(-1)?.state).toBe('failure')
    })
  }
})

/** The quota's controller has counted. */
async function used(stage: Scene['stage'], pods: number): Promise<void> {
  for (let left = 200; left > 0; left--) {
    const status = (await stage.get('ResourceQuota', 'few-pods'))?.['status'] as
      { used?: { pods?: string } } | undefined
    if (status?.used?.pods === String(pods)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the quota was not counted')
}
