export {
  applicable,
  createReleaseGates,
  looksAtReadiness,
  podsReady,
  type ReleaseGates,
  type ReleaseGatesOptions,
  type StageReport,
} from './release-gates.ts'
export { createTrafficMeter, type TrafficMeterOptions } from './scrape/meter.ts'
export { createSession, type Session, type SessionOptions } from './session.ts'
export type { GateSource, Look, MetricsWorld, Sources, TrackNames } from './source.ts'
export { loadSources } from './sources.ts'
