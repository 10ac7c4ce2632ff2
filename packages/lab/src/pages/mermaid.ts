/**
 * Draws the Mermaid charts that summaries use (`xychart-beta`, `pie`) as SVG, so that a page needs no script and no
 * network. Syntax: https://mermaid.js.org/syntax/xyChart.html, https://mermaid.js.org/syntax/pie.html
 */
import { escapeHtml } from './escape.ts'

/** @returns SVG; undefined for a diagram that is not drawn here, whose text is shown instead */
export function drawMermaid(text: string): string | undefined {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/%%.*$/, '').trim())
    .filter((line) => line !== '')
  const [head = '', ...rest] = lines
  if (/^xychart(-beta)?\b/.test(head)) return xychart(rest)
  if (/^pie\b/.test(head)) return pie(head, rest)
  return undefined
}

interface Series {
  readonly kind: 'bar' | 'line'
  readonly values: readonly number[]
}
interface Axis {
  readonly title: string
  readonly range: readonly [number, number] | undefined
  readonly names: readonly string[]
}

const WIDTH = 720
const HEIGHT = 300
const PLOT = { left: 56, right: WIDTH - 16, top: 40, bottom: HEIGHT - 48 }

function xychart(lines: readonly string[]): string | undefined {
  let title = ''
  let [x, y]: [Axis | undefined, Axis | undefined] = [undefined, undefined]
  const series: Series[] = []
  for (const line of lines) {
    const [, keyword = '', rest = ''] = /^([\w-]+)\s*(.*)$/.exec(line) ?? []
    if (keyword === 'title') title = unquoted(rest)
    else if (keyword === 'x-axis') x = axis(rest)
    else if (keyword === 'y-axis') y = axis(rest)
    else if (keyword === 'bar' || keyword === 'line') {
      const values = (/\[(.*)\]/.exec(rest)?.[1] ?? '').split(',').map(Number)
      if (values.some((value) => !Number.isFinite(value))) return undefined
      series.push({ kind: keyword, values })
    } else return undefined
  }
  const columns = Math.max(0, ...series.map(({ values }) => values.length))
  if (columns === 0) return undefined
  const everything = series.flatMap(({ values }) => values)
  const [low, high] = y?.range ?? [Math.min(0, ...everything), Math.max(1, ...everything)]
  const left = (column: number): number => PLOT.left + ((PLOT.right - PLOT.left) * column) / columns
  const up = (value: number): number =>
    PLOT.bottom - ((PLOT.bottom - PLOT.top) * (value - low)) / (high - low)
  const grid = ticks(low, high).map(
    (value) =>
      `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${n(up(value))}" y2="${n(up(value))}"/>` +
      label(PLOT.left - 8, up(value) + 4, n(value), 'end'),
  )
  const drawn = series.map(({ kind, values }) => {
    if (kind === 'line') {
      const points = values.map((value, i) => `${n((left(i) + left(i + 1)) / 2)},${n(up(value))}`)
      return `<polyline class="line" points="${points.join(' ')}"/>`
    }
    const gap = Math.min(4, (left(1) - left(0)) * 0.1)
    return values
      .map((value, i) => {
        const [from, to] = [left(i) + gap, left(i + 1) - gap]
        return `<rect class="bar" x="${n(from)}" y="${n(up(value))}" width="${n(to - from)}" height="${n(PLOT.bottom - up(value))}"/>`
      })
      .join('')
  })
  return svg(title, HEIGHT, [
    ...grid,
    ...drawn,
    ...columnLabels(x, columns, left),
    label((PLOT.left + PLOT.right) / 2, HEIGHT - 8, x?.title ?? '', 'middle'),
    y?.title ? label(8, PLOT.top - 14, y.title, 'start') : '',
  ])
}

function columnLabels(
  x: Axis | undefined,
  columns: number,
  left: (column: number) => number,
): readonly string[] {
  const at = PLOT.bottom + 18
  if (x?.range !== undefined) {
    const [from, to] = x.range
    const place = (value: number): number =>
      PLOT.left + ((PLOT.right - PLOT.left) * (value - from)) / (to - from)
    return ticks(from, to).map((value) => label(place(value), at, n(value), 'middle'))
  }
  const every = Math.ceil(columns / 12)
  return (x?.names ?? []).map((name, i) =>
    i % every === 0 ? label((left(i) + left(i + 1)) / 2, at, name, 'middle') : '',
  )
}

/** `"minutes" 0 --> 12`, `[5 %, 25 %]`, `title [a, b]`. */
function axis(text: string): Axis {
  const number = String.raw`(-?[\d.]+)`
  const [, rangeTitle = '', from, to] =
    new RegExp(`^(.*?)\\s*${number}\\s*-->\\s*${number}$`).exec(text) ?? []
  if (from !== undefined && to !== undefined) {
    return { title: unquoted(rangeTitle), range: [Number(from), Number(to)], names: [] }
  }
  const [, namesTitle = text, names] = /^(.*?)\s*\[(.*)\]$/.exec(text) ?? []
  return {
    title: unquoted(namesTitle),
    range: undefined,
    names: names?.split(',').map((name) => unquoted(name.trim())) ?? [],
  }
}

/** About five round values between two bounds: steps of 1, 2 or 5 times a power of ten. */
function ticks(low: number, high: number): readonly number[] {
  if (!(high > low)) return [low]
  const raw = (high - low) / 5
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999) ?? 10) * power
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step)
}

function pie(head: string, lines: readonly string[]): string | undefined {
  const showData = /\bshowData\b/.test(head)
  let title = /\btitle\s+(.*)$/.exec(head)?.[1] ?? ''
  const slices: { readonly name: string; readonly value: number }[] = []
  for (const line of lines) {
    const [, named] = /^title\s+(.*)$/.exec(line) ?? []
    const [, name, value] = /^"(.*)"\s*:\s*([\d.]+)$/.exec(line) ?? []
    if (named !== undefined) title = named
    else if (name !== undefined) slices.push({ name, value: Number(value) })
    else if (line !== 'showData') return undefined
  }
  const total = slices.reduce((sum, { value }) => sum + value, 0)
  if (!(total > 0)) return undefined
  const [cx, cy, r] = [150, 150, 100]
  let angle = -Math.PI / 2
  const drawn = slices.flatMap(({ name, value }, i) => {
    const from = angle
    angle += (2 * Math.PI * value) / total
    const point = (a: number): string => `${n(cx + r * Math.cos(a))} ${n(cy + r * Math.sin(a))}`
    const large = angle - from > Math.PI ? 1 : 0
    const shape =
      value === total
        ? `<circle class="slice${i % 6}" cx="${cx}" cy="${cy}" r="${r}"/>`
        : `<path class="slice${i % 6}" d="M${cx} ${cy}L${point(from)}A${r} ${r} 0 ${large} 1 ${point(angle)}Z"/>`
    const y = 70 + i * 24
    const percent = `${n((100 * value) / total)} %`
    return [
      shape,
      `<rect class="slice${i % 6}" x="300" y="${y - 11}" width="14" height="14"/>`,
      label(324, y, `${name}: ${showData ? `${n(value)} (${percent})` : percent}`, 'start'),
    ]
  })
  return svg(title, HEIGHT, drawn)
}

function svg(title: string, height: number, parts: readonly string[]): string {
  const heading = label(WIDTH / 2, 20, title, 'middle', 'chart-title')
  const name = escapeHtml(title === '' ? 'chart' : title)
  return `<svg class="chart" role="img" aria-label="${name}" viewBox="0 0 ${WIDTH} ${height}">${heading}${parts.join('')}</svg>`
}

function label(
  x: number,
  y: number,
  text: string,
  anchor: 'start' | 'middle' | 'end',
  style = 'label',
): string {
  if (text === '') return ''
  return `<text class="${style}" x="${n(x)}" y="${n(y)}" text-anchor="${anchor}">${escapeHtml(text)}</text>`
}

const n = (value: number): string => String(Number(value.toFixed(2)))
const unquoted = (text: string): string => text.replace(/^"(.*)"$/, '$1')
