import type { CheckReport, Checks } from '@release-actions/ports'
import { Forbidden } from '@release-actions/values'
import type { GitHub } from './client.ts'
import { idOf } from './deployments.ts'
import { cutText } from './description.ts'

export interface ChecksOptions {
  readonly github: GitHub
  /** The commit that the evidence belongs to: a pull request's head, a merge group's own. */
  readonly headSha: string
  /** The page of this job. */
  readonly jobUrl: () => Promise<string>
  readonly warn: (text: string) => void
}

const NEEDS = 'checks: write'
/** GitHub refuses more in `output.summary` and in `output.text`. */
const MOST_CHARACTERS = 65_535
const CUT =
  '\n\n… cut: GitHub shows 65,535 characters here; the whole is in the job summary and the output `result`.'
const MOST_NAME = 255

/** Evidence as check runs. Where the token may only read (a fork's), nothing is written, and that is said once. */
export function createChecks(options: ChecksOptions): Checks {
  const { github, headSha, warn } = options
  let url: Promise<string> | undefined
  let forbidden = false

  async function unlessForbidden(
    write: (detailsUrl: string) => Promise<number>,
  ): Promise<number | undefined> {
    if (forbidden) return undefined
    try {
      return await write(await (url ??= options.jobUrl()))
    } catch (error) {
      if (!(error instanceof Forbidden)) throw error
      // Several may have been under way: it is said once.
      if (forbidden) return undefined
      forbidden = true
      warn(
        `no check run is written: ${[error.message, ...error.fix].join('; ')}. The verdict is in the job summary and the exit code`,
      )
      return undefined
    }
  }

  return {
    start: (name, title, startedAt) =>
      unlessForbidden(async (details_url) => {
        const { data } = await github.call(
          'POST /repos/{owner}/{repo}/check-runs',
          {
            name: cutText(name, MOST_NAME, '…'),
            head_sha: headSha,
            status: 'in_progress',
            started_at: time(startedAt),
            details_url,
            output: { title, summary: '' },
          },
          NEEDS,
        )
        return idOf('check-runs', data.id)
      }),

    report: (report, id) =>
      unlessForbidden(async (details_url) => {
        const body = { ...completed(report), details_url }
        const { data } =
          id === undefined
            ? await github.call(
                'POST /repos/{owner}/{repo}/check-runs',
                { ...body, name: cutText(report.name, MOST_NAME, '…'), head_sha: headSha },
                NEEDS,
              )
            : await github.call(
                'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}',
                { ...body, check_run_id: id },
                NEEDS,
              )
        return idOf('check-runs', data.id)
      }),
  }
}

function completed(report: CheckReport) {
  return {
    status: 'completed',
    conclusion: report.conclusion,
    started_at: time(report.startedAt),
    completed_at: time(report.completedAt),
    output: {
      title: report.title,
      summary: cutText(report.summary, MOST_CHARACTERS, CUT),
      ...(report.text === undefined ? {} : { text: cutMarkdown(report.text) }),
    },
  } as const
}

/** Cut, and an open code block closed: else the note would be part of the code. */
function cutMarkdown(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text
  const fence = '\n```'
  const cut = cutText(text, MOST_CHARACTERS - fence.length - CUT.length, '')
  const open = (cut.match(/^```/gm) ?? []).length % 2 === 1
  return `${cut}${open ? fence : ''}${CUT}`
}

function time(at: number): string {
  return new Date(at).toISOString()
}
