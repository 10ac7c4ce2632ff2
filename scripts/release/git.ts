/** Git, in one repository, with its own complaint as the error. */
import { execFileSync } from 'node:child_process'

export interface Git {
  /** Runs `git ARGS…`. @returns stdout without the last line break @throws Error with git's stderr */
  (args: readonly string[], more?: GitMore): string
  readonly root: string
}

export interface GitMore {
  readonly input?: string
  /** Another index than the repository's own. */
  readonly index?: string
  /** When a commit is made, as git prints it. */
  readonly date?: string
}

/** @param root the folder that holds `.git` */
export function gitOf(root: string): Git {
  const git = (args: readonly string[], { input, index, date }: GitMore = {}): string => {
    try {
      return execFileSync('git', [...args], {
        cwd: root,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'pipe'],
        maxBuffer: 64 * 1024 * 1024,
        env: {
          ...process.env,
          ...(index === undefined ? {} : { GIT_INDEX_FILE: index }),
          ...(date === undefined ? {} : { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }),
        },
        ...(input === undefined ? {} : { input }),
      }).replace(/\n$/, '')
    } catch (cause) {
      throw new Error(`git ${args.join(' ')}: ${complaint(cause)}`, { cause })
    }
  }
  return Object.assign(git, { root })
}

/** What a ref points to, as a SHA; undefined when there is none. */
export function resolved(git: Git, ref: string): string | undefined {
  const [sha = ''] = git(['for-each-ref', '--format=%(objectname)', ref]).split('\n')
  return sha === '' ? undefined : sha
}

function complaint(error: unknown): string {
  const stderr = (error as { readonly stderr?: unknown }).stderr
  if (typeof stderr === 'string' && stderr.trim() !== '') return stderr.trim()
  return error instanceof Error ? error.message : String(error)
}
