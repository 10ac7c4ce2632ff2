import { expect, test } from '@jest/globals'
import {
  expectDecision,
  GOLDEN_SIGNALS,
  LogTimes,
  MINUTES,
  now,
  openOnCluster,
  publish,
  whatIsLeft,
} from '../support/cluster.ts'
import { errorOf, resultOf } from '../support/evidence.ts'

test(
  'a bad release is out of the traffic, and so is one that is cancelled',
  async () => {
    await using scene = await openOnCluster({ replicas: 2, rate: 100 })
    const { load } = scene
    if (load === undefined) throw new Error('this test needs clients')
    const before = await whatIsLeft(scene)

    // Errors begin once it has a good part of the traffic.
    const failing = new LogTimes()
    const bad = await scene.release({
      version: '2',
      env: { ERROR_RATE: '0.34', ERROR_AFTER_REQUESTS: '60' },
      inputs: { plan: '5, 25, 50, 100', soak: '6s', interval: '500ms', gates: GOLDEN_SIGNALS },
      onLine: failing.hear,
    })
    const verdict = failing.first(/ROUTE BACK/)
    const proved = failing.first(/let requests end/, verdict)
    const [lastBad = 0] = [load.lastSeen('2')]
    const failed = load.failed().length
    const exposed = load.counts()['2'] ?? 0

    const cancelling = new LogTimes()
    const began = now()
    const running = scene.start({
      version: '3',
      inputs: { plan: '50, 100', soak: '5m', interval: '1s', gates: GOLDEN_SIGNALS },
      onLine: cancelling.hear,
      run: { id: 9_000_000_001 },
    })
    await running.logged(/judge at 50 %/)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    cancelling.hear('SIGINT')
    running.cancel()
    const cancelled = await running.done
    const signal = cancelling.first(/^SIGINT$/)
    const tidied = cancelling.first(/let requests end|take the canary out/, signal)
    const [lastCancelled = 0] = [load.lastSeen('3')]
    publish('bad-release', [
      { what: 'verdict → last answer of the canary', ms: Math.round(lastBad - verdict) },
      { what: 'verdict → the way back is proved', ms: Math.round(proved - verdict) },
      { what: 'SIGINT → last answer of the canary', ms: Math.round(lastCancelled - signal) },
      { what: 'SIGINT → main has ended', ms: Math.round(cancelled.ms - (signal - began)) },
      { what: 'requests that met the bad version', ms: exposed },
      { what: 'of them failed', ms: failed },
    ])

    expectDecision(bad, 'retreated')
    expect(bad.outputs).toMatchObject({ decision: 'retreated', 'reason-code': 'unhealthy', weight: '0' })
    expect(errorOf(bad)).toMatch(/error/)
    expect(
      resultOf(bad)
        .evidence.shifts.map(({ weight }) => weight)
        .slice(0, 2),
    ).toEqual([5, 25])
    expect(load.between(proved).filter(({ version }) => version === '2')).toEqual([])
    expect(cancelled.conclusion).toBe('cancelled')
    expect(cancelled.outputs['decision']).toBe('cancelled')
    expect(load.between(tidied).filter(({ version }) => version === '3')).toEqual([])
    // Only the bad version itself failed requests; taking it and the other one back failed none.
    expect(load.failed().filter(({ version }) => version !== '2')).toEqual([])
    expect(await whatIsLeft(scene)).toEqual({ ...before, outcome: 'retreated' })
    expect(scene.github.violations).toEqual([])
  },
  5 * MINUTES,
)
