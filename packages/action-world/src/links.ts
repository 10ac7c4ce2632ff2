import type { ReleaseReport } from '@release-actions/action-kit'

/** What a person opens next: the user's own pages. The run itself is the page on which a summary stands. */
export function linksOf(inputs: {
  readonly runbookUrl: string | undefined
  readonly dashboardUrl: string | undefined
}): ReleaseReport['links'] {
  const { runbookUrl, dashboardUrl } = inputs
  return [
    ...(runbookUrl === undefined ? [] : [{ title: 'Runbook', url: runbookUrl }]),
    ...(dashboardUrl === undefined ? [] : [{ title: 'Dashboard', url: dashboardUrl }]),
  ]
}
