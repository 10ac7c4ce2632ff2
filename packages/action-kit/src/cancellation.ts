/** How long an action may go on after a second, different signal: the runner kills 2.5 s after its SIGTERM. */
const LAST_MOMENTS_MS = 2000

const SIGNALS: readonly NodeJS.Signals[] =
  process.platform === 'win32' ? ['SIGINT', 'SIGTERM', 'SIGBREAK'] : ['SIGINT', 'SIGTERM']

export interface Cancellation {
  /** Aborts at the first signal; its reason is the signal's name. */
  readonly signal: AbortSignal
  /** For a failure that nobody caught: the action gets the time to put the route back, as after a signal. */
  abort(reason: string): void
  stop(): void
}

/**
 * On cancel the runner sends SIGINT, SIGTERM 7.5 s later, and kills 2.5 s after that. The first signal asks the action
 * to put the route back. The same signal again (a person's second Ctrl-C) ends it now; another one ends it just
 * before the runner would, so that outputs and the log are whole.
 * @param said is told each signal
 * @param giveUp ends the process
 */
export function watchSignals(
  said: (signal: string) => void,
  giveUp: (signal: NodeJS.Signals) => void,
): Cancellation {
  const controller = new AbortController()
  const seen = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    said(signal)
    if (seen.has(signal)) return giveUp(signal)
    seen.add(signal)
    if (controller.signal.aborted) timer ??= setTimeout(() => giveUp(signal), LAST_MOMENTS_MS)
    else controller.abort(signal)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    stop: () => {
      clearTimeout(timer)
      for (const signal of SIGNALS) process.off(signal, onSignal)
    },
  }
}
