// What a person sees in the terminal. Colours only where there is one.
const { env, stdout } = process
const coloured = (stdout.isTTY || env['FORCE_COLOR'] === '1') && env['NO_COLOR'] === undefined

export const paint = {
  bold: wrap(1),
  dim: wrap(2),
  red: wrap(31),
  green: wrap(32),
  yellow: wrap(33),
  cyan: wrap(36),
} as const

function wrap(code: number): (text: string) => string {
  return (text) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text)
}

export function say(text: string): void {
  console.log(`  ${text}`)
}

export function title(text: string): void {
  console.log(`\n${paint.bold(text)}`)
}

/** A share of 30 characters: the new version's part filled. */
export function bar(share: number): string {
  const width = 30
  const full = Math.round((share / 100) * width)
  return paint.cyan('█'.repeat(full)) + paint.dim('░'.repeat(width - full))
}

/** Milliseconds since 1970, as the clients' samples have them. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

export function clock(ms: number): string {
  return paint.dim(`${(ms / 1000).toFixed(1).padStart(5)} s`)
}
