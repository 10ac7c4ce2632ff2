import { appendFileSync, statSync } from 'node:fs'

/** GitHub refuses a step's summary above this whole: then nothing is shown at all. */
export const MOST_SUMMARY_BYTES = 1_048_576
const NOTE = '\n\n*Cut: a job summary holds 1 MiB.*\n'

/** Appends Markdown to the job summary as far as it fits, cut on a line. No file (a run by hand): nothing. */
export function appendSummary(file: string | undefined, markdown: string): void {
  if (file === undefined || file === '') return
  const used = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  const text = cutToBytes(`${markdown.trimEnd()}\n`, MOST_SUMMARY_BYTES - used)
  if (text !== '') appendFileSync(file, text)
}

/** The whole lines that fit into so many bytes of UTF-8, with a note when some are missing. */
export function cutToBytes(text: string, most: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= most) return text
  const room = most - Buffer.byteLength(NOTE)
  if (room <= 0) return ''
  return `${bytes.subarray(0, bytes.lastIndexOf(0x0a, room)).toString()}${NOTE}`
}
