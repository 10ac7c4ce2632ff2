import { describe, expect, test } from '@jest/globals'
import type { Clock } from '@release-actions/ports'
import { Stages, elapsed } from '../src/stages.ts'

/** A clock that is turned by hand: whoever sleeps until then wakes. */
function handClock(): Clock & { turn(ms: number): Promise<void> } {
  let now = 1_000_000
  const sleeping = new Set<{ readonly until: number; readonly wake: () => void }>()
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((done) => {
        const sleeper = { until: now + ms, wake: () => (sleeping.delete(sleeper), done()) }
        sleeping.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake, { once: true })
      }),
    turn: async (ms) => {
      const end = now + ms
      for (;;) {
        const [next] = [...sleeping].filter(({ until }) => until <= end).sort((a, b) => a.until - b.until)
        now = next === undefined ? end : Math.max(now, next.until)
        next?.wake()
        await new Promise((done) => setImmediate(done))
        if (next === undefined) return
      }
    },
  }
}

function open() {
  const clock = handClock()
  const lines: string[] = []
  const log = {
    line: (text: string) => void lines.push(text),
    open: (title: string) => {
      lines.push(`> ${title}`)
      return { line: (text: string) => void lines.push(`  ${text}`), close: () => void lines.push('<') }
    },
    group: () => undefined,
    warning: () => undefined,
    notice: () => undefined,
    debug: () => undefined,
  }
  return { clock, lines, stages: new Stages({ clock, log }) }
}

describe('a stage', () => {
  test('that is quiet shows every half minute that it lives, and for how long', async () => {
    const { clock, lines, stages } = open()
    const running = stages.run('Build', () => clock.sleep(95_000))
    await clock.turn(95_000)
    await running
    expect(lines).toEqual([
      '> Build',
      '  … build: 30s so far',
      '  … build: 1m so far',
      '  … build: 1m30s so far',
      '<',
      'Build: 1m35s',
    ])
  })

  test('that speaks for itself is not spoken for', async () => {
    const { clock, lines, stages } = open()
    const running = stages.run('Build', async (say) => {
      for (let step = 1; step <= 5; step++) {
        await clock.sleep(20_000)
        say(`step ${step}`)
      }
    })
    await clock.turn(100_000)
    await running
    expect(lines.filter((line) => line.includes('so far'))).toEqual([])
    expect(lines).toContain('  step 5')
  })

  test('is timed, also when it fails, and the failure is the stage’s own', async () => {
    const { clock, lines, stages } = open()
    const good = stages.run('Pack', () => clock.sleep(400))
    await clock.turn(400)
    await good
    const bad = stages.run('Push', async () => {
      await clock.sleep(2_600)
      throw new Error('the line is cut')
    })
    const failed = bad.catch((error: unknown) => error)
    await clock.turn(2_600)
    expect(String(await failed)).toContain('the line is cut')
    expect(stages.times).toEqual([
      { name: 'Pack', ms: 400 },
      { name: 'Push', ms: 2_600 },
    ])
    expect(lines.at(-1)).toBe('Push: 3s')
    // Nothing beats on for what is over.
    await clock.turn(600_000)
    expect(lines.at(-1)).toBe('Push: 3s')
  })
})

test('a time is told to the second from one second on', () => {
  expect([0, 400, 1_400, 61_000].map(elapsed)).toEqual(['0s', '400ms', '1s', '1m1s'])
})
