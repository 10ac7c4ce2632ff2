/** An image is built, pushed under a tag of its own, and given its version last. */
import { describe, expect, jest, test } from '@jest/globals'
import { openYard } from '../support/artifact.ts'

// Each starts processes, and a version settles for three seconds.
jest.setTimeout(120_000)

describe('docker', () => {
  test('builds, pushes, and the registry says which digest it is', async () => {
    await using yard = await openYard()
    const built = await yard.build({ inputs: { 'build-args': 'A=b, c\nB=$(date)', labels: 'team=shop' } })
    expect(built.verdict).toBe('built (0)')
    expect(yard.registry.tags('org/shop')).toEqual({ '1.4.0': built.digest })
    expect(built.done.outputs).toMatchObject({
      image: `${yard.repository}@${built.digest}`,
      version: '1.4.0',
      'cache-hit': 'false',
    })
    expect(Number(built.done.outputs['size'])).toBeGreaterThan(100)
    const build = yard.calls().find(([command]) => command === 'build')
    // Each argument as it is: no shell has seen it.
    expect(build).toEqual(
      expect.arrayContaining(['--build-arg', 'A=b, c', 'B=$(date)', '--label', 'team=shop']),
    )
    expect(yard.github.checkRuns.map(({ name, conclusion }) => [name, conclusion])).toEqual([
      ['artifact / shop', 'success'],
    ])
    expect(built.done.summary).toContain(built.digest)
    expect(built.done.summary).toMatch(/linux\/amd64, 1 layers/)
  })
})
