import { type Color, COLORS, type Owner } from '@release-actions/release'
import { COLOR } from '../names.ts'
import type { Labels } from '../objects.ts'

/** Whom a selector, or a pod, names by our key; a value that is none of ours is told as it is. */
export function ownerIn(labels: Labels | undefined): Owner | { readonly odd: string } {
  const value = labels?.[COLOR]
  if (value === undefined) return 'own'
  return isColor(value) ? value : { odd: value }
}

export function isColor(value: unknown): value is Color {
  return COLORS.some((color) => color === value)
}
