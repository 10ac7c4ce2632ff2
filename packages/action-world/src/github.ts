import type { Kit } from '@release-actions/action-kit'
import type { GitHub } from '@release-actions/github'
import type { Http } from '@release-actions/http'
import { InvalidInput } from '@release-actions/values'

/** The repository's API, and what everything that is written there names. */
export interface OpenGitHub {
  readonly github: GitHub
  /** The page of this job; asked for once. */
  readonly jobUrl: () => Promise<string>
  readonly warn: (text: string) => void
}

/**
 * The repository that this run belongs to. Nothing is asked of it yet.
 * @throws InvalidInput without a token
 */
export async function openGitHub(
  token: string | undefined,
  { context, clock, log }: Pick<Kit, 'context' | 'clock' | 'log'>,
  http: Http,
): Promise<OpenGitHub> {
  if (token === undefined) throw new InvalidInput('token', undefined, '${{ github.token }}, or record: false')
  const { createGitHub, findJobUrl } = await import('@release-actions/github')
  const { owner, repo, apiUrl, graphqlUrl } = context
  const github = createGitHub({ http, clock, token, owner, repo, apiUrl, graphqlUrl })
  let url: Promise<string> | undefined
  return {
    github,
    jobUrl: () => (url ??= findJobUrl(github, context)),
    warn: (text) => log.warning(text),
  }
}
