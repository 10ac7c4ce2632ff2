import { writeFile } from 'node:fs/promises'
import path from 'node:path'

/** What a container runs: a script of its own, and its arguments. */
export interface Command {
  readonly file: string
  readonly argv: readonly string[]
}

/** A command that the lab cannot run, with the container runtime's message. */
export class StartError extends Error {
  constructor(executable: string) {
    super(
      `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${executable}": executable file not found in $PATH: unknown`,
    )
  }
}

const NODE = /^(\/usr\/local\/bin\/|\/usr\/bin\/)?node$/

/**
 * Finds the script in a command line such as `node /app/app.cjs --flag` or `node -e 'code'`.
 * @param root the folder that is the container's `/`
 * @throws StartError for anything that is not Node: the image has no shell either
 */
export async function commandOf(line: readonly string[], root: string, workingDir = '/'): Promise<Command> {
  const [executable = '', ...args] = line
  if (!NODE.test(executable)) throw new StartError(executable)
  for (const [index, arg] of args.entries()) {
    if (/^(-e|-p|-pe|--eval|--print)$/.test(arg)) {
      const code = args[index + 1] ?? ''
      const file = path.join(root, 'tmp', /\brequire\(/.test(code) ? 'eval.cjs' : 'eval.mjs')
      await writeFile(file, arg.includes('p') ? `console.log(${code})` : code)
      return { file, argv: args.slice(index + 2) }
    }
    if (!arg.startsWith('-')) {
      const script = path.resolve(workingDir, arg)
      return { file: path.join(root, script), argv: [script, ...args.slice(index + 1)] }
    }
  }
  const file = path.join(root, 'tmp', 'eval.mjs')
  await writeFile(file, '')
  return { file, argv: [] }
}
