import { InvalidInput, nearest, type Milliseconds } from '@release-actions/values'

export const TEMPLATE_NAMES = [
  'namespace',
  'service',
  'workload',
  'version',
  'track',
  'pods',
  'kube-service',
  'window',
] as const
export type TemplateName = (typeof TEMPLATE_NAMES)[number]
export type TemplateValues = Readonly<Record<TemplateName, string>>

/** Names whose value is another one on the baseline: a query without any of them has no baseline of its own. */
const PER_TRACK: readonly TemplateName[] = ['workload', 'version', 'track', 'pods', 'kube-service']

const TEMPLATE = /\{\{\s*([^{}]*?)\s*\}\}/g

/** The names that a text uses, or what is wrong with it: the value, and the end of the sentence "use …". */
export type Templates =
  | { readonly ok: true; readonly names: readonly TemplateName[] }
  | { readonly ok: false; readonly value: string; readonly legal: string }

export function templatesOf(text: string, allowed: readonly TemplateName[] = TEMPLATE_NAMES): Templates {
  const names = new Set<TemplateName>()
  for (const [, typed = ''] of text.matchAll(TEMPLATE)) {
    const name = allowed.find((one) => one === typed)
    if (name === undefined) return unknown(typed, allowed)
    names.add(name)
  }
  const rest = text.replace(TEMPLATE, '')
  if (rest.includes('{{') || rest.includes('}}')) {
    return { ok: false, value: text, legal: 'templates of the form {{ pods }}: here the braces do not pair' }
  }
  return { ok: true, names: [...names] }
}

function unknown(typed: string, allowed: readonly TemplateName[]): Templates {
  const close = nearest(typed, allowed)
  const legal = allowed.map((one) => `{{ ${one} }}`).join(', ')
  return {
    ok: false,
    value: `{{ ${typed} }}`,
    legal: `${close === undefined ? '' : `{{ ${close} }}? Known are `}${legal}`,
  }
}

/** The text says something else for the baseline than for the new version. */
export function differsByTrack(names: readonly TemplateName[]): boolean {
  return names.some((name) => PER_TRACK.includes(name))
}

/**
 * The templates of a PromQL query, checked where they stand: everything but `window` belongs in quotes, and `pods`,
 * a regular expression, belongs after `=~` or `!~`.
 */
export function templatesOfPromql(query: string): Templates {
  const found = templatesOf(query)
  if (!found.ok) return found
  const faults: string[] = []
  walk(query, (name, place) => {
    if (place.quote === undefined && name !== 'window') {
      faults.push(`{{ ${name} }} inside quotes: a label's value, such as {pod=~"{{ pods }}"}`)
    } else if (name === 'pods' && !place.regex)
      faults.push('{{ pods }} after =~ or !~: it is a regular expression')
    return ''
  })
  const [legal] = faults
  return legal === undefined ? found : { ok: false, value: query, legal }
}

/**
 * The query with its templates filled in, so that no value can end the string that it stands in: quotes and
 * backslashes are escaped as PromQL reads them, and after `=~` and `!~` a value (but `pods`, which is a regular
 * expression) is matched literally.
 */
export function renderPromql(query: string, values: TemplateValues): string {
  return walk(query, (name, place) => {
    const value = valueOf(values, name)
    if (place.quote === undefined) return value
    const matched = place.regex && name !== 'pods' ? literal(value) : value
    return quoted(matched, place.quote)
  })
}

/** A URL or path with its templates filled in, each value percent-encoded. */
export function renderUrl(text: string, values: TemplateValues): string {
  return text.replace(TEMPLATE, (_, typed: string) => encodeURIComponent(valueOf(values, typed)))
}

function valueOf(values: TemplateValues, typed: string): string {
  const name = TEMPLATE_NAMES.find((one) => one === typed)
  if (name === undefined) throw new InvalidInput('template', `{{ ${typed} }}`, TEMPLATE_NAMES.join(', '))
  return values[name]
}

/** The longest name that the API server makes of a prefix: a longer prefix is cut for it. */
const LONGEST_GENERATED = 63

/**
 * A regular expression (RE2, matched whole) for pods: those of the same ReplicaSets too, so that a pod that is
 * replaced while its query runs is counted. A ReplicaSet's pods have its name and five letters or digits; of a long
 * name, what was cut may be all that tells the canary's from the stable's, so those pods are named one by one.
 * Several are one group, which a query may put something before or behind.
 * @param names at least one
 */
export function podsPattern(names: readonly string[]): string {
  const stems = new Set(
    names.map((name) =>
      name.length < LONGEST_GENERATED && /-[a-z0-9]{5}$/.test(name)
        ? `${literal(name.slice(0, -5))}[a-z0-9]{5}`
        : literal(name),
    ),
  )
  const all = [...stems].sort().join('|')
  return stems.size > 1 ? `(${all})` : all
}

/** PromQL wants a whole unit of at least a second. */
export function formatWindow(ms: Milliseconds): string {
  return `${Math.max(1, Math.round(ms / 1000))}s`
}

/** Matches exactly this text, in RE2. Classes instead of backslashes, which need no second escaping in a string. */
function literal(text: string): string {
  return text
    .replace(/[.*+?()|[\]{}$]/g, '[$&]')
    .replace(/\\/g, '\\\\')
    .replace(/\^/g, '\\^')
}

function quoted(value: string, quote: Quote): string {
  if (quote === '`') {
    // A raw string has no escapes, so a backtick in it cannot be written.
    if (value.includes('`'))
      throw new InvalidInput('query', value, 'double quotes around this template: its value has a backtick')
    return value
  }
  return value
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
}

type Quote = '"' | "'" | '`'
interface Place {
  /** The string that the template stands in; undefined: outside of strings. */
  readonly quote: Quote | undefined
  /** That string is a regular expression. */
  readonly regex: boolean
}

/** Copies PromQL and replaces each template, telling where it stands. Comments are copied as they are. */
function walk(query: string, fill: (name: string, place: Place) => string): string {
  let out = ''
  let place: Place = { quote: undefined, regex: false }
  for (let i = 0; i < query.length; i++) {
    const char = query[i] ?? ''
    const template = query.startsWith('{{', i) ? /^\{\{\s*([^{}]*?)\s*\}\}/.exec(query.slice(i)) : null
    if (template !== null) {
      out += fill(template[1] ?? '', place)
      i += template[0].length - 1
      continue
    }
    out += char
    if (place.quote === undefined) {
      if (char === '"' || char === "'" || char === '`') {
        place = { quote: char, regex: /[=!]~\s*$/.test(query.slice(0, i)) }
      } else if (char === '#') {
        const end = query.indexOf('\n', i)
        const stop = end < 0 ? query.length : end
        out += query.slice(i + 1, stop)
        i = stop - 1
      }
    } else if (char === '\\' && place.quote !== '`') {
      out += query[i + 1] ?? ''
      i += 1
    } else if (char === place.quote) {
      place = { quote: undefined, regex: false }
    }
  }
  return out
}
