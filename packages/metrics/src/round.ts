import type { Pods, PodSight, Track } from '@release-actions/ports'

/** What the gates of one round share, so that it is fetched once. Forgotten when the next round begins. */
export class RoundMemo {
  #round = -1
  readonly #kept = new Map<string, Promise<unknown>>()

  async get<T>(round: number, key: string, make: () => Promise<T>): Promise<T> {
    if (round !== this.#round) {
      this.#round = round
      this.#kept.clear()
    }
    const kept = this.#kept.get(key) ?? make()
    this.#kept.set(key, kept)
    // One key always holds one type: it is written with it.
    return (await kept) as T
  }

  pods(pods: Pods, track: Track, round: number): Promise<readonly PodSight[]> {
    return this.get(round, `pods ${track}`, () => pods.list(track))
  }
}

/** `map`, at most so many at a time. */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const queue = items.entries()
  const worker = async (): Promise<void> => {
    for (const [i, item] of queue) results[i] = await map(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}
