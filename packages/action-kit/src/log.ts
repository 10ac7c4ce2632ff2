import type { Clock } from '@release-actions/ports'
import { command, harmlessLines } from './commands.ts'

/** The runner shows at most ten warnings and ten notices of a step. */
const MOST_ANNOTATIONS = 10

/** Lines for people. Everything that passes through is made harmless: see `harmlessLines`. */
export interface Log {
  /** Each line with its UTC time. */
  line(text: string): void
  /** Lines that fold: pods' logs, tables. */
  group(title: string, lines: readonly string[]): void
  /** The same, for what is long in coming: lines are shown as they come, until it is closed. */
  open(title: string): { line(text: string): void; close(): void }
  /** An annotation, once for the same text, and at most ten; a plain line after that. */
  warning(text: string): void
  notice(text: string): void
  /** Shown when the run has debug logging on. */
  debug(text: string): void
}

export function createLog(clock: Pick<Clock, 'now'>, write: (text: string) => void): Log {
  const said = { warning: new Set<string>(), notice: new Set<string>() }
  const print = (text: string): void => write(`${text}\n`)
  const line = (text: string): void => {
    const at = utcTime(clock.now())
    for (const part of harmlessLines(text)) print(`${at} ${part}`)
  }
  const annotate = (kind: 'warning' | 'notice', text: string): void => {
    if (said[kind].has(text)) return
    said[kind].add(text)
    if (said[kind].size <= MOST_ANNOTATIONS) print(command(kind, harmlessLines(text).join('\n')))
    else line(`${kind}: ${text}`)
  }
  return {
    line,
    group: (title, lines) => {
      print(command('group', harmlessLines(title).join(' ')))
      for (const text of lines) for (const part of harmlessLines(text)) print(`  ${part}`)
      print(command('endgroup', ''))
    },
    open: (title) => {
      print(command('group', harmlessLines(title).join(' ')))
      return {
        line: (text) => {
          for (const part of harmlessLines(text)) print(`  ${part}`)
        },
        close: () => print(command('endgroup', '')),
      }
    },
    warning: (text) => annotate('warning', text),
    notice: (text) => annotate('notice', text),
    debug: (text) => print(command('debug', harmlessLines(text).join('\n'))),
  }
}

/** `09:41:07Z` */
export function utcTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)}Z`
}
