/** One thing that is measured. Files in `test/bench/` export theirs as `scenarios`. */
export interface Scenario {
  /** As in targets.json: `canary-step: input error`. */
  readonly name: string
  /** The bundle: a folder of `dist/`. */
  readonly action: string
  /** Makes the world, once; the command is then started many times, so it must leave the world as it was. */
  prepare(): Promise<Prepared>
}

export interface Prepared extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Another one means that something else was measured. */
  readonly exitCode: number
}
