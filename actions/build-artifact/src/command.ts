import { runScript, userEnvironment } from '@release-actions/process'
import { Cancelled, NotFound, ReleaseError } from '@release-actions/values'
import type { Work } from './setting.ts'

/** Runs the user's own command in the workspace. @throws ReleaseError when it does not end with 0 */
export async function runCommand(
  { inputs, kit, signal }: Work,
  say: (line: string) => void,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const ended = await runScript({
    script: inputs.command ?? '',
    env: { ...userEnvironment(process.env), ...variables },
    cwd: kit.context.workspace,
    clock: kit.clock,
    signal,
    onLine: say,
  })
  switch (ended.kind) {
    case 'unstarted':
      throw new NotFound(`the command could not be started: ${ended.message}`)
    case 'killed':
      throw new Cancelled('the command was ended before it was done', { why: linesOf(ended.tail) })
    case 'exit':
      if (ended.code === 0) return
      throw new ReleaseError('unhealthy', `the command ended with exit code ${ended.code}`, {
        object: 'input command',
        why: linesOf(ended.tail),
        fix: ['its whole output is in the log of this step'],
      })
  }
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.split('\n')
}
