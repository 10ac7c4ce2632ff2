import type { Kit } from '@release-actions/action-kit'
import { gateCheck, openGitHub, writeChecks, type CheckTimes } from '@release-actions/action-world'
import type { Http } from '@release-actions/http'
import { formatLimit, type Gate, type GateReport } from '@release-actions/judge'
import type { CheckReport, Checks } from '@release-actions/ports'
import { messageOf, type Milliseconds } from '@release-actions/values'
import type { GateInputs } from './inputs.ts'

/** The check runs of a gate: in progress while it is judged, so that a person sees it; completed at the end. */
export interface Evidence {
  /** Returns at once: judging does not wait for GitHub. */
  begin(gates: readonly Gate[], startedAt: number): void
  /**
   * Completes them, within `patience`: what GitHub has not taken by then is told.
   * @returns the ids by gate
   */
  complete(
    reports: readonly GateReport[],
    times: CheckTimes,
    preface: string,
    patience: Milliseconds,
  ): Promise<ReadonlyMap<string, number>>
}

/** @throws InvalidInput without a token */
export async function openEvidence(
  inputs: GateInputs,
  kit: Kit,
  http: Http,
  service: string,
  warn: (text: string) => void,
): Promise<Evidence | undefined> {
  if (!inputs.record) return undefined
  const { github, jobUrl } = await openGitHub(inputs.token, kit, http)
  const { createChecks } = await import('@release-actions/github')
  const headSha = inputs.headSha ?? kit.context.headSha()
  const checks = createChecks({ github, headSha, jobUrl, warn })
  return new CheckRuns(checks, inputs.checkName ?? `gate / ${service}`, kit, warn)
}

class CheckRuns implements Evidence {
  readonly #checks: Checks
  readonly #prefix: string
  readonly #kit: Kit
  readonly #warn: (text: string) => void
  /** Check runs in progress, by name. */
  readonly #started = new Map<string, number>()
  #begun: Promise<void> = Promise.resolve()

  constructor(checks: Checks, prefix: string, kit: Kit, warn: (text: string) => void) {
    this.#checks = checks
    this.#prefix = prefix
    this.#kit = kit
    this.#warn = warn
  }

  begin(gates: readonly Gate[], startedAt: number): void {
    this.#begun = this.#startAll(gates, startedAt)
  }

  async #startAll([first, ...others]: readonly Gate[], startedAt: number): Promise<void> {
    if (first === undefined) return
    // The first one alone: a token that may only read is found out by one request, not by one for each gate.
    await this.#start(first, startedAt)
    await Promise.all(others.map((gate) => this.#start(gate, startedAt)))
  }

  async #start(gate: Gate, startedAt: number): Promise<void> {
    const name = `${this.#prefix} / ${gate.name}`
    const limits = gate.rules.limits.map((limit) => formatLimit(limit, gate.unit)).join(', ')
    try {
      const id = await this.#checks.start(name, `judging: ${limits}`, startedAt)
      if (id !== undefined) this.#started.set(name, id)
    } catch (error) {
      // It is written whole at the end, and if that fails too, that is said.
      this.#kit.log.debug(`check run ${name} was not begun: ${messageOf(error)}`)
    }
  }

  async complete(
    reports: readonly GateReport[],
    times: CheckTimes,
    preface: string,
    patience: Milliseconds,
  ): Promise<ReadonlyMap<string, number>> {
    const { clock } = this.#kit
    const written = reports.map((report) => gateCheck(this.#prefix, report, times, preface))
    const all = written.length === 0 ? [nothingApplied(this.#prefix, times)] : written
    const enough = new AbortController()
    const late = clock.sleep(patience, enough.signal).then(() => undefined)
    const done = await Promise.race([this.#write(all), late])
    enough.abort()
    if (done === undefined) {
      this.#warn('GitHub did not take the check runs in time: some may stay in progress until the next run')
      return new Map()
    }
    return new Map(
      reports.flatMap(({ gate }) => {
        const id = done.get(`${this.#prefix} / ${gate.name}`)
        return id === undefined ? [] : [[gate.name, id]]
      }),
    )
  }

  async #write(reports: readonly CheckReport[]): Promise<ReadonlyMap<string, number>> {
    await this.#begun
    return writeChecks(this.#checks, reports, this.#started, this.#warn)
  }
}

/** The one case of `neutral` for a whole step: nothing was asked, so nothing is vouched for. */
function nothingApplied(name: string, times: CheckTimes): CheckReport {
  return {
    name,
    conclusion: 'neutral',
    title: 'no gate applied',
    summary: 'The list of gates is empty: nothing was judged.',
    ...times,
  }
}
