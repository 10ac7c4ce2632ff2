import type { StatusCause } from '../api/status-error.ts'

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

const WORDS = {
  subdomain:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  label:
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  label1035:
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
  qualified:
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  value:
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
} as const

export type NameRule = 'subdomain' | 'label' | 'label1035'

const RULES: Readonly<Record<NameRule, { pattern: RegExp; max: number }>> = {
  subdomain: { pattern: SUBDOMAIN, max: 253 },
  label: { pattern: LABEL, max: 63 },
  label1035: { pattern: LABEL_1035, max: 63 },
}

export function invalidValue(field: string, value: unknown, why: string): StatusCause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${why}`, field }
}

export function required(field: string, why?: string): StatusCause {
  return {
    reason: 'FieldValueRequired',
    message: why === undefined ? 'Required value' : `Required value: ${why}`,
    field,
  }
}

/** DNS-1123 subdomain or label, or DNS-1035 label for Services. */
export function nameCauses(field: string, name: string, rule: NameRule): StatusCause[] {
  const { pattern, max } = RULES[rule]
  return [
    ...(name.length > max
      ? [invalidValue(field, name, `must be no more than ${String(max)} characters`)]
      : []),
    ...(pattern.test(name) ? [] : [invalidValue(field, name, WORDS[rule])]),
  ]
}

/** Keys and values of labels (63 characters), or keys of annotations. */
export function labelCauses(field: string, labels: Readonly<Record<string, unknown>>): StatusCause[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...keyCauses(field, key),
    ...(typeof value === 'string' ? valueCauses(field, value) : []),
  ])
}

export function keyCauses(field: string, key: string): StatusCause[] {
  const slash = key.lastIndexOf('/')
  const [prefix, name] = slash < 0 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)]
  const causes: StatusCause[] = []
  if (prefix !== undefined && !SUBDOMAIN.test(prefix))
    causes.push(invalidValue(field, key, `prefix part ${WORDS.subdomain}`))
  if (name === '') causes.push(invalidValue(field, key, 'name part must be non-empty'))
  else if (name.length > 63)
    causes.push(invalidValue(field, key, 'name part must be no more than 63 characters'))
  if (!QUALIFIED.test(name)) causes.push(invalidValue(field, key, WORDS.qualified))
  return causes
}

export function valueCauses(field: string, value: string): StatusCause[] {
  if (value === '') return []
  if (value.length > 63) return [invalidValue(field, value, 'must be no more than 63 characters')]
  return QUALIFIED.test(value) ? [] : [invalidValue(field, value, WORDS.value)]
}
