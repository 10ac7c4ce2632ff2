import type { Labels, LabelSelector } from './objects.ts'

/** Does a Service-like selector (all pairs must be there) match? An empty or missing one selects nothing. */
export function mapMatches(selector: Labels | undefined, labels: Labels): boolean {
  const pairs = Object.entries(selector ?? {})
  return pairs.length > 0 && pairs.every(([key, value]) => labels[key] === value)
}

/** Does a label selector match? An empty one selects everything, a missing one nothing. */
export function selectorMatches(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false
  const pairs = Object.entries(selector.matchLabels ?? {})
  return (
    pairs.every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every((each) => expressionMatches(each, labels))
  )
}

type Expression = NonNullable<LabelSelector['matchExpressions']>[number]

function expressionMatches({ key, operator, values = [] }: Expression, labels: Labels): boolean {
  const value = labels[key]
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}

/** The keys that a selector names. */
export function keysOf(selector: LabelSelector | undefined): readonly string[] {
  const expressions = (selector?.matchExpressions ?? []).map((each) => each.key)
  return [...Object.keys(selector?.matchLabels ?? {}), ...expressions]
}

/** `app in (shop, shop-canary), tier=web`: a selector as the list API takes it. */
export function selectorText(selector: LabelSelector, also: Labels = {}): string {
  const pairs = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => {
    const other = also[key]
    return other === undefined || other === value ? `${key}=${value}` : `${key} in (${value},${other})`
  })
  const expressions = (selector.matchExpressions ?? [])
    .filter(({ key }) => also[key] === undefined)
    .map(({ key, operator, values = [] }) => {
      const list = `(${values.join(',')})`
      if (operator === 'In') return `${key} in ${list}`
      if (operator === 'NotIn') return `${key} notin ${list}`
      return operator === 'Exists' ? key : `!${key}`
    })
  return [...pairs, ...expressions].join(',')
}
