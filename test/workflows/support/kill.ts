/** Ends what act has started, as a machine that is gone ends it: by the ids of processes below act's own (Linux). */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Kills every process below `root` whose command line matches, and those that come after it, until `done`. */
export async function killBelow(root: number, command: RegExp, done: () => boolean): Promise<void> {
  while (!done()) {
    for (const { pid } of below(root).filter((one) => command.test(one.command))) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch (error) {
        // It has ended by itself in the meantime.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
    await sleep(20)
  }
}

interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

function below(root: number): readonly Process[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processOf(Number(name)))
  const found = [root]
  const wanted: Process[] = []
  for (const parent of found) {
    for (const one of all.filter((other) => other.parent === parent)) {
      found.push(one.pid)
      wanted.push(one)
    }
  }
  return wanted
}

/** Nothing when it has ended while it was looked at. */
function processOf(pid: number): readonly Process[] {
  try {
    const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    return [{ pid, parent: Number(rest.split(' ')[1]), command }]
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}
