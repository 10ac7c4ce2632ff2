import { describe, expect } from '@jest/globals'
import type { ActionResult } from '@release-actions/lab'
import { errorless } from '../support/evidence.ts'
import { recordOf, releaseAtOnce, rollBack } from '../support/rollback.ts'
import { scenario } from '../support/scene.ts'

const warningsOf = ({ annotations }: ActionResult): readonly string[] =>
  annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)

describe('a rollback whose token may not', () => {
  scenario(
    'write incidents or the record takes it back all the same, and says which permission it lacks, once',
    { rate: 0 },
    async (scene) => {
      const { github, stage } = scene
      for (const [version, id] of [
        ['2', 7100],
        ['3', 7200],
        ['4', 7250],
      ] as const)
        await releaseAtOnce(scene, version, { id })
      const read = { contents: 'read', deployments: 'read', issues: 'read' } as const
      const unwritten = await rollBack(scene, { run: { id: 7300, permissions: read } })
      expect(errorless(unwritten)).toEqual([])
      // The record can be read: what is restored was verified.
      expect(unwritten.outputs).toMatchObject({ decision: 'rolled-back', version: '3.0.0', incident: '' })
      const said = warningsOf(unwritten)
      expect(said.filter((text) => text.includes('issues: write'))).toHaveLength(1)
      expect(said.filter((text) => text.includes('deployments: write'))).not.toEqual([])
      expect(github.issues).toEqual([])
      expect(recordOf(scene).filter((line) => line.startsWith('rollback'))).toEqual([])

      // Not even that: the cluster has to do, and it is said that nobody knows whether it was verified.
      const blind = await rollBack(scene, {
        run: { id: 7400, permissions: { contents: 'read' } },
        inputs: { namespace: stage.namespace, traffic: `httproute/${scene.name}` },
      })
      expect(errorless(blind)).toEqual([])
      expect(blind.outputs['decision']).toBe('rolled-back')
      expect(warningsOf(blind).join('\n')).toMatch(
        /deployments: read[^]*whether it was verified is not known/,
      )
    },
  )
})
