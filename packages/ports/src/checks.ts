/** A check run as reported. */
export interface CheckReport {
  /** `gate / <service> / <gate>` */
  readonly name: string
  readonly conclusion: 'success' | 'failure' | 'neutral' | 'cancelled'
  readonly title: string
  /** Markdown, cut at 65,535 characters by the adapter. */
  readonly summary: string
  /** Markdown: the JSON of the evidence in a code block, cut likewise. */
  readonly text?: string
  /** When the judging began, ms since 1970. */
  readonly startedAt: number
  readonly completedAt: number
}

/** Evidence on the commit. A read-only token (a fork's) makes every method resolve to undefined, said once. */
export interface Checks {
  /** In progress, so that a person sees it. @returns the check run's id */
  start(name: string, title: string, startedAt: number): Promise<number | undefined>
  /** Completes a started one, or writes it whole. */
  report(report: CheckReport, id?: number): Promise<number | undefined>
}
