/** A step's output as the runner reads it: workflow commands taken out, secrets masked. */

export interface StepAnnotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly message: string
  readonly title?: string
  readonly file?: string
  readonly line?: number
}

/** Secrets, and the shapes in which they slip out. */
export class Masks {
  readonly #values = new Set<string>()

  add(secret: string): void {
    for (const line of [secret, ...secret.split(/\r?\n/)].map((part) => part.trim())) {
      if (line === '') continue
      const base64 = Buffer.from(line).toString('base64')
      for (const shape of [line, base64, JSON.stringify(line).slice(1, -1), encodeURIComponent(line)]) {
        this.#values.add(shape)
      }
    }
  }

  apply(text: string): string {
    const longestFirst = [...this.#values].sort((a, b) => b.length - a.length)
    return longestFirst.reduce((masked, secret) => masked.replaceAll(secret, '***'), text)
  }
}

/** `::name key=value,key=value::message` at a line's start, or the older `##[name key=value;]message` anywhere. */
interface Command {
  readonly name: string
  readonly properties: Readonly<Record<string, string>>
  readonly message: string
}

export class StepLog {
  /** Masked; one entry a line, as the log page shows them. */
  readonly lines: string[] = []
  readonly annotations: StepAnnotation[] = []
  /** By the commands `set-output` and `save-state`, which still work. */
  readonly outputs: Record<string, string> = {}
  readonly state: Record<string, string> = {}
  readonly #masks: Masks
  readonly #debug: boolean
  readonly #onLine: (line: string) => void
  #stopped: string | undefined

  constructor(masks: Masks, debug: boolean, onLine: (line: string) => void) {
    this.#masks = masks
    this.#debug = debug
    this.#onLine = onLine
  }

  /** @param line without its line end */
  read(line: string): void {
    const command = commandOf(line)
    if (this.#stopped !== undefined) {
      if (command?.name === this.#stopped) this.#stopped = undefined
      this.#show(line)
    } else if (command === undefined || !this.#obey(command)) this.#show(line)
  }

  annotate(
    level: StepAnnotation['level'],
    message: string,
    properties: Readonly<Record<string, string>> = {},
  ): void {
    const { title, file, line } = properties
    this.annotations.push({
      level,
      message: this.#masks.apply(message),
      ...(title === undefined ? {} : { title: this.#masks.apply(title) }),
      ...(file === undefined ? {} : { file }),
      ...(line === undefined ? {} : { line: Number(line) }),
    })
    for (const [i, part] of message.split('\n').entries()) this.#show(i === 0 ? `##[${level}]${part}` : part)
  }

  #show(line: string): void {
    const masked = this.#masks.apply(line)
    this.lines.push(masked)
    this.#onLine(masked)
  }

  /** @returns false when it is no command of the runner's, so that the line is printed as it is */
  #obey({ name, properties, message }: Command): boolean {
    switch (name) {
      case 'error':
      case 'warning':
      case 'notice':
        this.annotate(name, message, properties)
        return true
      case 'debug':
        if (this.#debug) this.#show(`##[debug]${message}`)
        return true
      case 'group':
        this.#show(`##[group]${message}`)
        return true
      case 'endgroup':
        this.#show('##[endgroup]')
        return true
      case 'add-mask':
        this.#masks.add(message)
        return true
      case 'stop-commands':
        this.#stopped = message
        return true
      case 'set-output':
      case 'save-state': {
        const to = name === 'set-output' ? this.outputs : this.state
        to[properties['name'] ?? ''] = message
        this.annotate(
          'warning',
          `The \`${name}\` command is deprecated and will be disabled soon. Please upgrade to using Environment Files.`,
        )
        return true
      }
      case 'set-env':
      case 'add-path':
        this.annotate(
          'error',
          `The \`${name}\` command is disabled. Please upgrade to using Environment Files.`,
        )
        return true
      case 'add-matcher':
      case 'remove-matcher':
      case 'echo':
        return true
      default:
        return false
    }
  }
}

const OLD_FORM =
  /##\[(error|warning|notice|debug|group|endgroup|add-mask|set-output|save-state)(?: ([^\]]*))?\](.*)$/

function commandOf(line: string): Command | undefined {
  const [, name, list = '', message = ''] = /^\s*::([^\s:]+)(?:\s+(.*?))?::(.*)$/.exec(line) ?? []
  if (name !== undefined)
    return { name: name.toLowerCase(), properties: propertiesOf(list, ','), message: unescaped(message) }
  const [, oldName, oldList = '', oldMessage = ''] = OLD_FORM.exec(line) ?? []
  if (oldName === undefined) return undefined
  return { name: oldName, properties: propertiesOf(oldList, ';'), message: unescaped(oldMessage) }
}

function propertiesOf(list: string, separator: ',' | ';'): Readonly<Record<string, string>> {
  const pairs = list.split(separator).map((pair) => pair.split('='))
  const named = pairs.filter(([key, ...value]) => key?.trim() !== '' && value.join('=') !== '')
  return Object.fromEntries(named.map(([key = '', ...value]) => [key.trim(), unescaped(value.join('='))]))
}

const unescaped = (text: string): string =>
  text
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%25', '%')
