import { markdownBlock } from '@release-actions/values'
import { utcTime } from '../log.ts'
import type { SplitPoint } from './report.ts'

const COLUMNS = 30
/** Mermaid's own colours are a pale grey on white: these can be told apart, by day and by night. */
const COLOURS = { bars: '#80ccff', line: '#cf222e' }

/**
 * The new version's share over time as a Mermaid chart; undefined when there is nothing to draw. Mermaid spreads the
 * values evenly, so the steps are sampled at even times.
 */
export function splitChart(points: readonly SplitPoint[], version: string): string | undefined {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined || last.at <= first.at) return undefined
  const times = Array.from(
    { length: COLUMNS },
    (_, n) => first.at + ((last.at - first.at) * n) / (COLUMNS - 1),
  )
  const seen = times.map((time) => points.findLast((point) => point.at <= time) ?? first)
  const measured = points.every((point) => point.measured !== undefined)
  const [unit, size] = last.at - first.at < 180_000 ? ['seconds', 1000] : ['minutes', 60_000]
  const theme = { xyChart: { plotColorPalette: `${COLOURS.bars}, ${COLOURS.line}` } }
  const lines = [
    `%%{init: ${JSON.stringify({ themeVariables: theme })}}%%`,
    'xychart-beta',
    `  title "${chartText(version)}: share of the requests over time"`,
    `  x-axis "${unit} since ${utcTime(first.at)}" 0 --> ${round((last.at - first.at) / size)}`,
    '  y-axis "share, per cent" 0 --> 100',
    `  bar [${seen.map(({ weight }) => round(weight)).join(', ')}]`,
  ]
  if (measured)
    lines.push(`  line [${seen.map((point) => round(point.measured ?? point.weight)).join(', ')}]`)
  const legend = `Blue bars: the share as configured.${measured ? ' Red line: the share as measured.' : ''}`
  return `${markdownBlock('mermaid', lines.join('\n'))}\n\n${legend}`
}

/** Mermaid has no escape inside quotes. */
function chartText(text: string): string {
  return text.replace(/[^\p{L}\p{N} ._+-]/gu, '·').slice(0, 60)
}

function round(value: number): number {
  return Number(value.toFixed(1))
}
