import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { footprintOf } from '../support/app.ts'
import { errorOf } from '../support/evidence.ts'
import { openScene, type Scene } from '../support/scene.ts'

/** What is taken out of the documented Role; a step that finds out in the middle could not go back. */
const MISSING = [
  ['gateway.networking.k8s.io', 'httproutes', 'patch'],
  ['gateway.networking.k8s.io', 'httproutes', 'get'],
  ['apps', 'deployments', 'delete'],
  ['apps', 'deployments', 'create'],
  ['apps', 'replicasets', 'list'],
  ['', 'services', 'delete'],
  ['', 'services', 'list'],
  ['', 'pods', 'list'],
  ['', 'pods/log', 'get'],
  ['', 'pods/proxy', 'get'],
  ['discovery.k8s.io', 'endpointslices', 'list'],
  ['networking.k8s.io', 'networkpolicies', 'list'],
  ['coordination.k8s.io', 'leases', 'update'],
] as const

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

describe('a permission that is missing is named before anything is touched:', () => {
  let scene: Scene
  let rules: readonly Rule[]
  beforeAll(async () => {
    scene = await openScene({ rate: 0 })
    const role = await scene.stage.get('Role', 'release-actions')
    rules = role?.['rules'] as readonly Rule[]
  }, 120_000)
  afterAll(async () => {
    await scene[Symbol.asyncDispose]()
  })

  test.each(MISSING)(
    '%s %s: %s',
    async (group, resource, verb) => {
      const { stage } = scene
      const without = rules.map((rule) =>
        rule.apiGroups.includes(group) && rule.resources.includes(resource)
          ? { ...rule, verbs: rule.verbs.filter((each) => each !== verb) }
          : rule,
      )
      await stage.patch('Role', 'release-actions', { rules: without.filter(({ verbs }) => verbs.length > 0) })
      const before = await footprintOf(stage)
      const gates = '- name: up\n  http: {path: /, port: 8080}\n'
      const done = await scene.release({ version: '2', inputs: { gates } })

      const error = errorOf(done)
      expect(error).toContain(verb)
      expect(error).toContain(resource)
      expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'forbidden' })
      expect(await footprintOf(stage)).toEqual(before)
      expect(await stage.list('Lease')).toEqual([])
      expect(scene.github.deployments).toEqual([])
    },
    120_000,
  )
})
