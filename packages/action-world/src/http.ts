import type { Kit } from '@release-actions/action-kit'
import { createHttp, type Http } from '@release-actions/http'

/** The one HTTP client of a step. */
export function httpOf(kit: Pick<Kit, 'clock' | 'cancelled'>): Http {
  return createHttp({ clock: kit.clock, proxyEnv: process.env, hurried: kit.cancelled })
}
