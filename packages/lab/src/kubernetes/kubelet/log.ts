/** How much of a container's output is kept, in characters; the oldest goes first. */
const KEPT = 1 << 20

/** One run's output, by line and with its time. */
export class Log {
  #lines: { readonly at: number; readonly text: string }[] = []
  #rest = ''
  #size = 0

  write(text: string): void {
    const parts = (this.#rest + text).split('\n')
    this.#rest = parts.pop() ?? ''
    for (const part of parts) {
      this.#lines.push({ at: Date.now(), text: part })
      this.#size += part.length + 1
    }
    while (this.#size > KEPT) this.#size -= (this.#lines.shift()?.text.length ?? this.#size) + 1
  }

  /** The output as the API server gives it. */
  text(
    options: { readonly tailLines?: number; readonly timestamps?: boolean; readonly since?: number } = {},
  ): string {
    const lines = this.#lines.filter(({ at }) => at >= (options.since ?? 0))
    if (this.#rest !== '') lines.push({ at: Date.now(), text: this.#rest })
    const tail =
      options.tailLines === undefined ? lines : lines.slice(Math.max(0, lines.length - options.tailLines))
    return tail
      .map(
        ({ at, text }) => `${options.timestamps === true ? `${new Date(at).toISOString()} ` : ''}${text}\n`,
      )
      .join('')
  }
}
