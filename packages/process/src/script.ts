import { execute, type Ended, type Program } from './execute.ts'

/** A script as the user wrote it, for a shell. */
export interface Script extends Omit<Program, 'program' | 'args' | 'input'> {
  readonly script: string
}

const BASH = ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c'] as const
const SH = ['sh', '-e', '-c'] as const

/** Runs it in bash as the runner's own `shell: bash` does, or in sh where there is no bash. Never rejects. */
export async function runScript({ script, ...options }: Script): Promise<Ended> {
  const [bash, ...bashArgs] = BASH
  const inBash = await execute({ ...options, program: bash, args: [...bashArgs, script] })
  if (inBash.kind !== 'unstarted' || inBash.code !== 'ENOENT') return inBash
  const [sh, ...shArgs] = SH
  return execute({ ...options, program: sh, args: [...shArgs, script] })
}
