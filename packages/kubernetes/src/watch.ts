import type { HttpStream } from '@release-actions/http'
import type { Clock } from '@release-actions/ports'
import { Forbidden, messageOf, Unauthenticated } from '@release-actions/values'
import type { ObjectMeta } from './objects.ts'
import { type Asked, type Status, statusError } from './status-errors.ts'

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: T
}

interface WatchOptions {
  readonly asked: Asked
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly open: (query: Readonly<Record<string, string>>) => Promise<HttpStream>
}

/** The server ends a watch after this; we begin the next where it stopped. */
const SECONDS = 240
const FIRST_PAUSE = 200
const LONGEST_PAUSE = 5_000

/**
 * Watches as long as `signal` lives: begins with what exists, goes on from the last resourceVersion (of an event or a
 * bookmark) when the connection ends or breaks, and begins anew, telling all that exists again, after 410 Gone.
 * @throws Forbidden, at once: waiting would not mend it; credentials that have ended may be renewed (401)
 */
export async function* watchObjects<T extends { readonly metadata?: ObjectMeta }>(
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const { asked, clock, signal } = options
  let from: string | undefined
  let pause = FIRST_PAUSE
  while (!signal.aborted) {
    let stream: HttpStream | undefined
    try {
      stream = await options.open({
        watch: 'true',
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(SECONDS),
        ...(from !== undefined && { resourceVersion: from }),
      })
      if (stream.status !== 200) throw await refusal(asked, stream)
      for await (const line of linesOf(stream.chunks)) {
        const event = JSON.parse(line) as RawEvent<T>
        if (event.type === 'ERROR') throw new Gone()
        pause = FIRST_PAUSE
        from = event.object.metadata?.resourceVersion ?? from
        if (event.type !== 'BOOKMARK') yield { type: event.type, object: event.object }
      }
    } catch (error) {
      if (error instanceof Forbidden && !(error instanceof Unauthenticated)) throw error
      // A watch is a convenience: whatever broke it, the next one tells what was missed.
      if (error instanceof Gone || /410|too old/.test(messageOf(error))) from = undefined
    } finally {
      stream?.close()
    }
    await clock.sleep(pause, signal)
    pause = Math.min(LONGEST_PAUSE, pause * 2)
  }
}

class Gone extends Error {}

type RawEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: T }
  | { readonly type: 'ERROR'; readonly object: Status }

async function refusal(asked: Asked, stream: HttpStream): Promise<Error> {
  if (stream.status === 410) return new Gone()
  let body = ''
  for await (const chunk of stream.chunks) body += Buffer.from(chunk).toString('utf8')
  return statusError(asked, { status: stream.status, headers: stream.headers, body, latency: 0 })
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) if (part.trim() !== '') yield part
  }
}
