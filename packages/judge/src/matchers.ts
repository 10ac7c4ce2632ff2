import type { Matcher } from './gate.ts'

/** What {@link parseMatchers} reads, as the end of the sentence "use …". */
export const MATCHERS = 'label matchers such as code=~5.. or method!=GET,path=/buy'

/**
 * Reads label matchers as PromQL has them, with or without quotes: `code=~5..`, `code=~"5..",method!="GET"`.
 * @returns undefined where it is not that, or a regular expression does not compile. So is a value without quotes that
 *   begins as an operator (`code==500`): it would match nothing, and no error would ever be counted.
 */
export function parseMatchers(text: string): readonly Matcher[] | undefined {
  const matchers: Matcher[] = []
  let rest = text
    .trim()
    .replace(/^\{([\s\S]*)\}$/, '$1')
    .trim()
  while (rest !== '') {
    const matched =
      /^([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`([^`]*)`|(?!\s*[=~!<>])([^,"'`]*))\s*(?:,\s*|$)/.exec(
        rest,
      )
    const [whole, label, op, double, single, raw, bare] = matched ?? []
    if (whole === undefined || label === undefined || !isOperator(op)) return undefined
    const value =
      (double ?? single)?.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char)) ??
      raw ??
      bare?.trim() ??
      ''
    if ((op === '=~' || op === '!~') && compile(value) === undefined) return undefined
    matchers.push({ label, op, value })
    rest = rest.slice(whole.length)
  }
  return matchers
}

/** What those of a failed request should be instead, as the end of the sentence "use …"; undefined: nothing is wrong. */
export function betterErrors(matchers: readonly Matcher[]): string | undefined {
  if (matchers.length === 0) return MATCHERS
  const meant = meantAsPattern(matchers)
  return meant === undefined ? undefined : `${meant} for a pattern`
}

/**
 * What was probably meant where a status is compared with a pattern as if it were a text: `code=5..` is no status of
 * any request, and an error rate of it would be 0 whatever happens.
 */
function meantAsPattern(matchers: readonly Matcher[]): string | undefined {
  const found = matchers.find(({ op, value }) => (op === '=' || op === '!=') && /^\d\.[.\d]$/.test(value))
  return found === undefined ? undefined : `${found.label}${found.op === '=' ? '=~' : '!~'}${found.value}`
}

function isOperator(op: string | undefined): op is Matcher['op'] {
  return op === '=' || op === '!=' || op === '=~' || op === '!~'
}

/** Whole-value matching, as Prometheus does it. undefined: not a regular expression. */
function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`, 's')
  } catch {
    return undefined
  }
}

/** As a function of a series' labels. A label that is missing is the empty string, as in PromQL. */
export function matcherTest(
  matchers: readonly Matcher[],
): (labels: Readonly<Record<string, string>>) => boolean {
  const tests = matchers.map(({ label, op, value }) => {
    const pattern = op === '=~' || op === '!~' ? compile(value) : undefined
    const equal = (seen: string): boolean => (pattern === undefined ? seen === value : pattern.test(seen))
    const wanted = op === '=' || op === '=~'
    return (labels: Readonly<Record<string, string>>): boolean => equal(labels[label] ?? '') === wanted
  })
  return (labels) => tests.every((test) => test(labels))
}
