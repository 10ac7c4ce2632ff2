import type { Kit, ReleaseReport } from '@release-actions/action-kit'

/** What a person opens next: the user's own pages, then the run. */
export function linksOf(
  inputs: { readonly runbookUrl: string | undefined; readonly dashboardUrl: string | undefined },
  { runUrl }: Pick<Kit['context'], 'runUrl'>,
): ReleaseReport['links'] {
  const { runbookUrl, dashboardUrl } = inputs
  return [
    ...(runbookUrl === undefined ? [] : [{ title: 'Runbook', url: runbookUrl }]),
    ...(dashboardUrl === undefined ? [] : [{ title: 'Dashboard', url: dashboardUrl }]),
    { title: 'This run', url: runUrl },
  ]
}
