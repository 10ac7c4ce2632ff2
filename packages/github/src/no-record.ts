import type { Checks, Ledger } from '@release-actions/ports'

/** `record: false`: nothing on GitHub is read or touched; the cluster's Lease still serialises. */
export const NO_LEDGER: Ledger = {
  history: () => Promise.resolve([]),
  open: () => Promise.resolve({ id: 0, created: false }),
  phase: () => Promise.resolve(),
  verified: () => Promise.resolve(),
  failed: () => Promise.resolve(),
  closed: () => Promise.resolve(),
}

export const NO_CHECKS: Checks = {
  start: () => Promise.resolve(undefined),
  report: () => Promise.resolve(undefined),
}
