/** Runs a program of this repository under this Node. */
import { spawn } from 'node:child_process'
import { ROOT } from './repo.ts'

export interface Finished {
  readonly name: string
  readonly ok: boolean
  /** Standard output and standard error as they came. */
  readonly output: string
  readonly milliseconds: number
}

/**
 * @param args what follows `node`
 * @param show also print this stream while it comes
 */
export function run(name: string, args: readonly string[], show?: 'stderr'): Promise<Finished> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8')
      child[name].on('data', (text: string) => {
        output += text
        if (show === name) process.stderr.write(text)
      })
    }
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ name, ok: code === 0, output, milliseconds: performance.now() - started })
    })
  })
}
