import type { Ledger } from '@release-actions/ports'

/** The same ledger; its first history is the one that is asked for now. */
export function askedAhead(ledger: Ledger): Ledger {
  let first: ReturnType<Ledger['history']> | undefined = ledger.history()
  first.catch(() => undefined) // said by whoever waits for it, if anybody does
  return {
    ...ledger,
    history(limit) {
      const asked = limit === undefined ? first : undefined
      first = undefined
      return asked ?? ledger.history(limit)
    },
  }
}
