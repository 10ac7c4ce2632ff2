/** Counts of tests, as jest tells them, and the closing line that CI reads. */

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/**
 * From jest's JSON report. A file that could not be run at all counts as one failed test.
 *
 * @param report the text of `--outputFile`
 */
export function tallyOf(report: string): Tally {
  const read = JSON.parse(report) as Readonly<Record<string, unknown>>
  const count = (key: string): number => {
    const value = read[key]
    if (typeof value !== 'number') throw new Error(`jest's report has no ${key}`)
    return value
  }
  return {
    passed: count('numPassedTests'),
    failed: count('numFailedTests') + count('numRuntimeErrorTestSuites'),
    skipped: count('numPendingTests') + count('numTodoTests'),
  }
}

/** `12 passed, 0 failed`, and `, 3 skipped` when some are. */
export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${String(passed)} passed, ${String(failed)} failed${skipped > 0 ? `, ${String(skipped)} skipped` : ''}`
}
