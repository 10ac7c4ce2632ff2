import { describe, expect, test } from '@jest/globals'
import { plannedSwitchMoves, type BlueGreenMove } from '../../src/index.ts'
import { ADOPTED, SOAKING } from './sights.ts'
import { goalOf, NEW, THIRD, World } from './world.ts'

const kinds = (moves: readonly BlueGreenMove[]): string[] => moves.map(({ kind }) => kind)

describe('a dry run', () => {
  test('lists the whole way of a first release', () => {
    const seen = new World().see()
    const copy = structuredClone(seen)
    const moves = plannedSwitchMoves(goalOf(), seen)
    const main = moves.filter(({ kind }) => !['note', 'await', 'stamp'].includes(kind))
    expect(kinds(main)).toEqual([
      ...['claim', 'begin', 'apply-color', 'switch', 'verify', 'follow', 'drain', 'scale'],
      ...['apply-color', 'link', 'judge', 'switch', 'verify', 'follow', 'judge', 'land', 'done'],
    ])
    expect(moves.at(-1)).toEqual({ kind: 'done', decision: 'switched' })
    expect(seen).toEqual(copy)
  })

  test('of a later one, clears the idle colour and goes to it', () => {
    const moves = plannedSwitchMoves(goalOf({ release: THIRD, run: { id: 8, attempt: 1 } }), ADOPTED)
    const main = moves.filter(({ kind }) => !['note', 'await', 'stamp'].includes(kind))
    expect(kinds(main)).toEqual([
      ...['claim', 'begin', 'forget-warm', 'scale', 'apply-color', 'link', 'judge'],
      ...['switch', 'verify', 'follow', 'judge', 'land', 'done'],
    ])
  })

  test('of what is done already is one line', () => {
    expect(plannedSwitchMoves(goalOf({ release: NEW }), ADOPTED)).toEqual([
      { kind: 'done', decision: 'unchanged' },
    ])
  })

  test('carries on from where the world stands', () => {
    const moves = plannedSwitchMoves(goalOf({ release: THIRD, run: { id: 8, attempt: 1 } }), SOAKING)
    const main = moves.filter(({ kind }) => kind !== 'note')
    expect(kinds(main)).toEqual(['judge', 'land', 'done'])
  })
})
