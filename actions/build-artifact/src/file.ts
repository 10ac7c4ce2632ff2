import { NotFound } from '@release-actions/values'
import type { Made, Setting } from './setting.ts'

/** Packs files. */
export function makeFile(_setting: Setting): Promise<Made> {
  return Promise.reject(new NotFound('not yet'))
}
