import type { ReleaseId } from '@release-actions/release'
import type { ServiceEnd } from '../src/service-end.ts'

export const release = (version: string): ReleaseId => ({
  version,
  digest: `sha256:${version.repeat(64)}`,
  image: `shop:${version}`,
  template: version,
})
export const ON_BAD = { release: release('3'), share: 100 }
export const ON_GOOD = { release: release('2'), share: 100 }

/** Version 3 was to be taken back to 2. */
export function ended(change: Partial<ServiceEnd>): ServiceEnd {
  return {
    service: 'shop',
    namespace: 'shop',
    workload: 'shop',
    decision: 'rolled-back',
    code: undefined,
    reason: undefined,
    from: release('3'),
    to: release('2'),
    source: undefined,
    serving: ON_BAD,
    startedAt: 0,
    changed: false,
    backAt: undefined,
    moves: [],
    hooks: [],
    gates: [],
    windows: undefined,
    words: [],
    warnings: [],
    deployment: undefined,
    incident: undefined,
    why: [],
    fix: [],
    wayBack: undefined,
    ...change,
  }
}
