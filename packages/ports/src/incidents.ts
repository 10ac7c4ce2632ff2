/** What a rollback tells of itself to people who were not there. */
export interface IncidentReport {
  /** Plain text. */
  readonly title: string
  /** Markdown, escaped already: what, from what to what, why, gates, timeline, links. */
  readonly body: string
}

export interface IncidentRef {
  readonly number: number
  readonly url: string
  /** This call opened it; else one was open already, and was added to. */
  readonly opened: boolean
}

/**
 * The one open incident of a service in an environment. A token that may not write issues makes every method resolve
 * to undefined, said once.
 */
export interface Incidents {
  /**
   * Opens the incident, or adds to the one that is open; the same run says it once.
   * @throws ReleaseError
   */
  report(report: IncidentReport): Promise<IncidentRef | undefined>
  /** A later release was verified: adds `text` (escaped Markdown), and closes. @returns undefined when none was open */
  resolve(text: string): Promise<IncidentRef | undefined>
}
