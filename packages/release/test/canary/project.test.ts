import { describe, expect, test } from '@jest/globals'
import { plannedMoves, type CanaryMove } from '../../src/index.ts'
import { goalOf, OTHER, World, workload } from './world.ts'

const kinds = (moves: readonly CanaryMove[]): string[] => moves.map(({ kind }) => kind)

describe('a dry run', () => {
  test('lists the whole walk, up to the promotion', () => {
    const moves = plannedMoves(goalOf({ plan: [10, 100] }), new World().see())
    const main = moves.filter(({ kind }) => kind !== 'note' && kind !== 'await')
    expect(kinds(main)).toEqual([
      'claim',
      ...['stamp', 'stamp', 'stamp', 'begin', 'hold-autoscaler', 'apply-canary', 'link'],
      ...['shift', 'verify', 'judge', 'scale-canary', 'shift', 'verify', 'judge'],
      ...['promote-stable', 'judge', 'shift', 'verify', 'drain'],
      ...['unlink', 'delete-canary', 'release-autoscaler', 'land', 'done'],
    ])
    expect(moves.at(-1)).toEqual({ kind: 'done', decision: 'promoted' })
  })

  test('of a step that stops half way ends there', () => {
    const moves = plannedMoves(goalOf({ until: 25, promote: false }), new World().see())
    expect(moves.flatMap((move) => (move.kind === 'shift' ? [move.weight] : []))).toEqual([5, 25])
    expect(moves.at(-1)).toEqual({ kind: 'done', decision: 'advanced' })
  })

  test('of what is done already is one line', () => {
    const world = new World()
    world.stable = workload('shop', 'new', 4)
    expect(plannedMoves(goalOf(), world.see())).toEqual([{ kind: 'done', decision: 'unchanged' }])
  })

  test('of a release that would wait for nothing says why it fails', () => {
    const world = new World()
    world.stable = workload('shop', 'old', 0)
    expect(plannedMoves(goalOf(), world.see()).at(-1)).toMatchObject({ kind: 'failed', code: 'not-ready' })
  })

  test('carries on from where the world stands, and changes nothing of what was seen', () => {
    const world = new World()
    world.run(goalOf({ until: 25, promote: false }))
    world.die()
    const seen = world.see()
    const copy = structuredClone(seen)
    const moves = plannedMoves(goalOf({ run: { id: 8, attempt: 1 } }), seen)
    expect(moves.flatMap((move) => (move.kind === 'shift' ? [move.weight] : []))).toEqual([50, 100, 0])
    expect(seen).toEqual(copy)
  })

  test('of another release begins with taking the one in flight away', () => {
    const world = new World()
    world.run(goalOf({ until: 25, promote: false, release: OTHER, run: { id: 6, attempt: 1 } }))
    world.die()
    const moves = plannedMoves(goalOf(), world.see())
    const shares = moves.flatMap((move): readonly (number | string)[] =>
      move.kind === 'shift' ? [move.weight] : move.kind === 'retreat-route' ? ['back'] : [],
    )
    expect(shares).toEqual(['back', 5, 25, 50, 100, 0])
    expect(moves.at(-1)).toEqual({ kind: 'done', decision: 'promoted' })
  })
})
