import type { LabelSelector } from './objects.ts'

type Labels = Readonly<Record<string, string>>

/** Whether labels satisfy a selector. No selector matches nothing; an empty one everything, as the API server says. */
export function matches(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
  if (selector === undefined) return false
  return (
    includes(selector.matchLabels ?? {}, labels) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
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
      }
    })
  )
}

/** Whether labels carry every pair that is wanted: a Service's selector, a node selector. */
export function includes(wanted: Labels, labels: Labels = {}): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value)
}
