import type { ProxyAnswer } from '@release-actions/ports'
import { type Color, COLORS } from '@release-actions/release'
import { isMapping } from '../config/kubeconfig.ts'

/** What every answer of one colour has, and none of the other's. */
export interface Marks {
  readonly blue: ReadonlySet<string>
  readonly green: ReadonlySet<string>
}

/** They differ from one answer to the next. */
const FLEETING =
  /^(date|age|expires|content-length|etag|last-modified|set-cookie|connection|keep-alive|audit-id|server-timing|x-(request|trace|correlation)-id|traceparent)$/
/** More is not looked at. */
const LONGEST = 64 * 1024

/**
 * What tells the two colours' answers apart: a header, a field of a JSON body, a word of a text.
 * @returns undefined where nothing does, for one of them
 */
export function marksOf(answers: Readonly<Record<Color, readonly ProxyAnswer[]>>): Marks | undefined {
  const features = { blue: answers.blue.map(featuresOf), green: answers.green.map(featuresOf) }
  const common = (color: Color): readonly string[] => {
    const [first, ...others] = features[color]
    return [...(first ?? [])].filter((each) => others.every((other) => other.has(each)))
  }
  const only = (color: Color, other: Color): ReadonlySet<string> =>
    new Set(common(color).filter((each) => !features[other].some((has) => has.has(each))))
  const marks = { blue: only('blue', 'green'), green: only('green', 'blue') }
  return marks.blue.size === 0 || marks.green.size === 0 ? undefined : marks
}

/** @returns undefined for an answer that has marks of none of them, or of both */
export function tell(answer: ProxyAnswer, marks: Marks): Color | undefined {
  const features = featuresOf(answer)
  const marked = COLORS.filter((color) => [...marks[color]].some((mark) => features.has(mark)))
  return marked.length === 1 ? marked[0] : undefined
}

function featuresOf({ status, headers, body }: ProxyAnswer): ReadonlySet<string> {
  const named = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !FLEETING.test(name))
    .map(([name, value]) => `header ${name} ${value}`)
  return new Set([`status ${status}`, ...named, ...inBody(body.slice(0, LONGEST))])
}

function inBody(body: string): readonly string[] {
  try {
    return [...leaves(JSON.parse(body), '')]
  } catch {
    return body
      .split(/[\s"'<>,;]+/)
      .filter((word) => word !== '')
      .map((word) => `word ${word}`)
  }
}

function* leaves(value: unknown, at: string): Generator<string> {
  if (Array.isArray(value)) for (const [index, each] of value.entries()) yield* leaves(each, `${at}/${index}`)
  else if (isMapping(value))
    for (const [key, each] of Object.entries(value)) yield* leaves(each, `${at}/${key}`)
  else yield `json ${at} ${JSON.stringify(value)}`
}
