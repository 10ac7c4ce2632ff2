import { describe, expect, test } from '@jest/globals'
import { appService } from '@release-actions/lab'
import { footprintOf } from '../support/app.ts'
import { errorOf } from '../support/evidence.ts'
import { openScene, type Scene } from '../support/scene.ts'
import { APPLIED, switchTo } from '../support/switching.ts'

const QUIET = { ...APPLIED, rate: 0 }

interface Case {
  readonly what: string
  /** What the user's namespace has, beside the app. */
  readonly set?: (scene: Scene) => Promise<void>
  readonly inputs?: Readonly<Record<string, string>>
  readonly says: readonly string[]
  readonly code?: string
}

const CASES: readonly Case[] = [
  {
    what: 'neither image nor manifests',
    inputs: { manifests: '' },
    says: ['image', 'manifests'],
  },
  {
    what: 'a kind of traffic that there is not, with the nearest one',
    inputs: { traffic: 'services/shop' },
    says: ['traffic', 'services/shop', 'service/NAME or httproute/NAME', 'did you mean service?'],
  },
  { what: 'a keep that is no time', inputs: { keep: 'a while' }, says: ['keep', 'a while', 'forever'] },
  {
    what: 'a colour that there is not',
    inputs: { color: 'purple' },
    says: ['color', 'purple', 'idle, blue or green'],
  },
  { what: 'a probe that is no path', inputs: { probe: 'version' }, says: ['probe', 'version', '/version'] },
  {
    what: 'a drain shorter than settle',
    inputs: { drain: '1s', settle: '2s' },
    says: ['drain', 'at least the settle time'],
  },
  {
    what: 'a gate on the idle colour that counts the requests of users',
    inputs: {
      'pre-switch-gates': '- name: rate\n  scrape: {port: 8080, signal: error-rate}\n  max: 1%\n',
    },
    says: ['pre-switch-gates', 'rate', 'post-switch-gates'],
  },
  {
    what: 'a gate with a key that there is not, by line',
    inputs: { 'post-switch-gates': '- name: up\n  htp: {path: /}\n' },
    says: ['post-switch-gates', 'htp', 'http'],
  },
  {
    what: 'no environment, unless nothing is recorded',
    inputs: { environment: '' },
    says: ['environment', 'record: false'],
  },
  {
    what: 'a Service that does not exist',
    inputs: { traffic: 'service/shopp' },
    says: ['Service', 'shopp', 'does not exist'],
    code: 'not-found',
  },
  {
    what: 'a paused Deployment',
    set: ({ stage }) => stage.patch('Deployment', 'shop', { spec: { paused: true } }),
    says: ['Deployment shop', 'is paused'],
  },
  {
    what: 'a Service without a selector',
    set: async ({ stage }) => {
      const { selector: _none, ...spec } = appService('bare')['spec'] as { selector: unknown; ports: unknown }
      await stage.apply({ ...appService('bare'), spec })
    },
    inputs: { traffic: 'service/bare' },
    says: ['Service bare', 'selector'],
  },
  {
    what: 'a Service whose selector a server-side apply owns, with the lines to commit',
    set: async ({ stage }) => {
      expect(await stage.applyAs('forced', appService('shop'))).toBeUndefined()
    },
    says: ['/shop cannot be switched', '--field-manager release-actions', 'commit the Service without it'],
  },
  {
    what: "a Deployment that has a colour's name, and is somebody else's",
    set: async (scene) => {
      const mine = scene.deployment({ version: '9', app: { labels: { app: 'mine' }, replicas: 0 } })
      await scene.stage.apply({ ...mine, metadata: { name: 'shop-green' } })
    },
    says: ['shop-green', 'not ours'],
    code: 'conflict',
  },
]

describe('refused at the first look, with nothing touched:', () => {
  test.each(CASES.map((each) => [each.what, each] as const))(
    '%s',
    async (_, { set, inputs = {}, says, code = 'invalid-input' }) => {
      await using scene = await openScene(QUIET)
      await set?.(scene)
      const before = await footprintOf(scene.stage)
      const from = scene.stage.embedded?.requests.length ?? 0
      const done = await switchTo(scene, { version: '2', inputs })

      const error = errorOf(done)
      for (const part of says) expect(error).toContain(part)
      expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': code })
      const written = scene.stage.embedded?.requests
        .since(from)
        .filter(({ isWrite, user }) => isWrite && user.includes('serviceaccount'))
      expect(written?.map(({ method, path }) => `${method} ${path}`) ?? []).toEqual([])
      expect(await footprintOf(scene.stage)).toEqual(before)
      expect(scene.github.deployments).toEqual([])
    },
    120_000,
  )
})
