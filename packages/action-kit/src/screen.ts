import { writeSync } from 'node:fs'

/** What the runner shows of a step: its standard output. */
export interface Screen {
  write(text: string): void
  /** Resolves once everything written has left the process: what a stream still holds is lost with it. */
  drained(): Promise<void>
}

/**
 * Written at once, past `process.stdout`: the stream, which a step that refuses its inputs would load for one line,
 * costs it a tenth of its time. Node itself writes pipes and files so on Linux and macOS.
 * @param fd where to
 * @param stream takes over where a write fails: it would have to wait (a full pipe that somebody has made non-blocking)
 */
export function createScreen(
  fd = 1,
  stream: () => Pick<NodeJS.WritableStream, 'write'> = () => process.stdout,
): Screen {
  let waiting: Pick<NodeJS.WritableStream, 'write'> | undefined
  return {
    write(text) {
      if (waiting !== undefined) return void waiting.write(text)
      const bytes = Buffer.from(text)
      for (let at = 0; at < bytes.length;) {
        try {
          at += writeSync(fd, bytes, at)
        } catch {
          // The stream waits where that helps, and says what is wrong where it does not.
          waiting = stream()
          return void waiting.write(bytes.subarray(at))
        }
      }
    },
    drained: () =>
      new Promise((resolve) => {
        const held = waiting ?? (isWriting() ? stream() : undefined)
        if (held === undefined) resolve()
        else held.write('', () => resolve())
      }),
  }
}

/** A library that logs by itself has left something in a stream. To ask the stream would load it. */
function isWriting(): boolean {
  return process.getActiveResourcesInfo().some((name) => name.endsWith('WriteWrap'))
}
