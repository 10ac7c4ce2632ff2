/** The demo as a terminal shows it. */
import { spawn } from 'node:child_process'
import { inRepo } from '../lib/repo.ts'

/** Plays the demo, in colour. @returns its lines @throws Error when it did not end as it should */
export async function playDemo(): Promise<readonly string[]> {
  const env = { ...process.env, FORCE_COLOR: '1' }
  const demo = spawn(process.execPath, [inRepo('scripts/demo.ts')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const chunks: Buffer[] = []
  demo.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const code = await new Promise((resolve) => demo.on('close', resolve))
  const text = Buffer.concat(chunks).toString()
  if (code !== 0) throw new Error(`the demo ended with ${String(code)}:\n${text}`)
  return text.split('\n')
}

/** A page with the sections whose titles begin so. A title stands at the start of its line, all else is indented. */
export function terminalPage(lines: readonly string[], titles: readonly string[]): string {
  let shown = false
  const kept = lines.filter((line) => {
    const plain = line.replace(CODES, '')
    if (/^\S/.test(plain)) shown = titles.some((title) => plain.startsWith(title))
    return shown
  })
  const style = `body { margin: 0; background: #0d1117; color: #e6edf3 } pre { margin: 0; padding: 16px 18px;
    font: 14px/1.4 "DejaVu Sans Mono", monospace } .c1 { font-weight: bold } .c2 { color: #848d97 }
    .c31 { color: #ff7b72 } .c32 { color: #3fb950 } .c33 { color: #d29922 } .c36 { color: #39c5cf }`
  const text = kept.join('\n').trim()
  return `<!doctype html><html><head><meta charset="utf-8"><style>${style}</style></head><body><pre>${coloured(text)}</pre></body></html>`
}

const CODES = /\u001b\[(\d+)m/g

/** One colour at a time, as the demo paints. */
function coloured(text: string): string {
  const escaped = text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
  return escaped.replace(CODES, (_, code: string) => (code === '0' ? '</span>' : `<span class="c${code}">`))
}
