import type { Clock } from '@release-actions/ports'

/** The process's clock: wall time at its start plus elapsed time, so that it never goes back or jumps. */
export function systemClock(): Clock {
  // Not `performance`: to read that global loads a module of Node's that a start can do without.
  const start = Date.now() - elapsed()
  return {
    now: () => Math.round(start + elapsed()),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        const end = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', end)
          resolve()
        }
        // Node's timers turn anything above 2^31 − 1 ms into 1 ms.
        const timer = setTimeout(end, Math.min(Math.max(ms, 0), 2_147_483_647))
        signal?.addEventListener('abort', end, { once: true })
      }),
  }
}

function elapsed(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}
