import type { Action } from '@release-actions/config'
import type { Clock } from '@release-actions/ports'
import { ReleaseError, messageOf } from '@release-actions/values'
import { watchSignals } from './cancellation.ts'
import { systemClock } from './clock.ts'
import { appendPairs, command, harmlessLines } from './commands.ts'
import { configure, described, NOT_CONFIGURED, restored, saved, withOrigin } from './configuration.ts'
import { readContext, type ActionContext } from './context.ts'
import { inputSecrets, readInputs, type Inputs, type InputSpecs } from './inputs.ts'
import { createLog, type Log } from './log.ts'
import { maskCommands } from './masking.ts'
import { createOutputs, type Outputs } from './outputs.ts'
import { decisionOf, renderError, stackOf } from './render-error.ts'
import { createScreen } from './screen.ts'
import { appendSummary } from './step-summary.ts'

/** What an action is given besides its inputs. */
export interface Kit {
  readonly context: ActionContext
  readonly clock: Clock
  readonly log: Log
  readonly outputs: Outputs
  /** Aborts when the runner wants us gone: put the route back, then throw Cancelled. */
  readonly cancelled: AbortSignal
  /** This is the `post:` step of the same bundle. */
  readonly post: boolean
  /** Handed from main to post. */
  readonly state: {
    read(name: string): string | undefined
    save(name: string, value: string): void
  }
  /** Markdown that goes to the job summary, at the step's end or before. */
  summarize(markdown: string): void
  /** Hides texts in the log from here on. */
  mask(secrets: readonly string[]): void
}

/**
 * Main and post share a bundle. Post knows itself by what main left in the state, and, since main may have been killed
 * before it could, by the name of the file that was started: `post.js`.
 */
const POST = 'release-actions-post'
function isPost(): boolean {
  return process.env[`STATE_${POST}`] === 'true' || /[/\\]post\.[cm]?[jt]s$/.test(process.argv[1] ?? '')
}

/** The state in which main hands over what the configuration file gave. */
const CONFIGURED = 'release-actions-configured'

/** How long an action may go on after a failure that nobody caught, to put the route back. */
const AFTER_UNCAUGHT_MS = 10_000

export interface ActionOptions {
  /** Inputs that are not given come from the configuration file, as it configures this action. */
  readonly configured?: Action
}

/**
 * One action, from its inputs to its exit code. An action that did not reach its goal throws: the error is rendered
 * here, once, as one annotation, after the outputs are written. The process ends when `run` does, whatever sockets
 * are still open.
 */
export async function runAction<S extends InputSpecs>(
  specs: S,
  run: (inputs: Inputs<S>, kit: Kit) => Promise<void>,
  { configured }: ActionOptions = {},
): Promise<void> {
  const screen = createScreen()
  const { write } = screen
  const clock = systemClock()
  const log = createLog(clock, write)
  const mask = (secrets: readonly string[]): void =>
    maskCommands(secrets).forEach((line) => write(`${line}\n`))
  const post = isPost()
  // What post says reaches no step: on GitHub it is dropped, and a runner that keeps it would lose what main said.
  const outputs = createOutputs(post ? undefined : process.env['GITHUB_OUTPUT'])
  const debug = process.env['RUNNER_DEBUG'] === '1'
  let summarized = false
  const summarize = (markdown: string): void => {
    summarized = true
    appendSummary(process.env['GITHUB_STEP_SUMMARY'], markdown)
  }

  const end = async (error: unknown, code: number): Promise<never> => {
    try {
      if (error !== undefined) describeFailure(error, outputs)
      outputs.write()
    } catch (broken) {
      log.warning(`the outputs could not be written: ${messageOf(broken)}`)
    }
    if (error !== undefined) {
      if (debug) log.debug(stackOf(error))
      const rendered = renderError(error)
      const lines = harmlessLines(rendered.text)
      write(`${command('error', lines.join('\n'), { title: rendered.title })}\n`)
      if (!summarized) tellUntold(rendered.title, lines, error, summarize, log)
    }
    await screen.drained()
    process.exit(code)
  }

  // A wait on nothing but an AbortSignal must not let the process end: it has a route to put back.
  const alive = setInterval(() => undefined, 3_600_000)
  const cancellation = watchSignals(
    (signal) => log.line(`${signal} received`),
    (signal) => void end(new ReleaseError('cancelled', `${signal} received: ended before it was done`), 130),
  )
  const uncaught = untilUncaught((error) => {
    log.line(`unexpected: ${messageOf(error)}`)
    cancellation.abort('an unexpected error')
  })

  let failure: unknown
  let configuration = NOT_CONFIGURED
  try {
    // First of all: a post step that takes itself for main would begin a release.
    if (!post) appendPairs(process.env['GITHUB_STATE'], { [POST]: 'true' })
    mask(inputSecrets(specs, process.env))
    configuration =
      (post ? restored(process.env[`STATE_${CONFIGURED}`]) : undefined) ??
      (await configure(configured, specs, process.env))
    const { inputs, warnings } = readInputs(specs, process.env, configuration)
    if (!post && configuration.inputs.size > 0) {
      appendPairs(process.env['GITHUB_STATE'], { [CONFIGURED]: saved(configuration) })
      log.group('Inputs from the configuration file', described(configuration))
    }
    if (configuration.warning !== undefined) log.warning(configuration.warning)
    warnings.forEach((text) => log.warning(text))
    const context = readContext(process.env)
    const state: Kit['state'] = {
      read: (name) => process.env[`STATE_${name}`],
      save: (name, value) => appendPairs(process.env['GITHUB_STATE'], { [name]: value }),
    }
    const kit: Kit = {
      context,
      clock,
      log,
      outputs,
      cancelled: cancellation.signal,
      post,
      state,
      summarize,
      mask,
    }
    await Promise.race([run(inputs, kit), uncaught.grace])
  } catch (error) {
    failure = error ?? new Error('nothing was thrown, but it was thrown')
  }
  failure = withOrigin(uncaught.error() ?? failure, configuration)
  if (post && failure instanceof ReleaseError && failure.code === 'invalid-input') {
    log.line(`nothing to do: ${failure.message}; main has said so`)
    failure = undefined
  }
  cancellation.stop()
  clearInterval(alive)
  return end(failure, failure === undefined ? 0 : 1)
}

/** What the action has not said of its own failure. */
function describeFailure(error: unknown, outputs: Outputs): void {
  const { decision = decisionOf(error), message = messageOf(error), reasonCode } = outputs.known
  const code = reasonCode ?? (error instanceof ReleaseError ? error.code : undefined)
  outputs.set({ decision, message, ...(code === undefined ? {} : { reasonCode: code }) })
}

/** What failed before the action had a summary of its own stands there all the same: it is where people look. */
function tellUntold(
  title: string,
  lines: readonly string[],
  error: unknown,
  summarize: Kit['summarize'],
  log: Log,
): void {
  const refused = error instanceof ReleaseError && error.code === 'invalid-input'
  const heading = `## ❌ ${title.replace(/[^\p{L}\p{N} :.,/-]/gu, '·')}${refused ? ': nothing was changed' : ''}`
  // Indented, Markdown shows text as it is.
  const text = lines.map((line) => `    ${line}`.trimEnd()).join('\n')
  try {
    summarize(`${heading}\n\n${text}\n`)
  } catch (broken) {
    log.warning(`the summary could not be written: ${messageOf(broken)}`)
  }
}

interface Uncaught {
  /** The first failure that nobody caught. */
  error(): unknown
  /** Resolves some seconds after it. */
  readonly grace: Promise<void>
}

function untilUncaught(tell: (error: unknown) => void): Uncaught {
  let first: { readonly error: unknown } | undefined
  const grace = new Promise<void>((resolve) => {
    const caught = (error: unknown): void => {
      if (first !== undefined) return
      first = { error: error ?? new Error('a promise was rejected with nothing') }
      tell(error)
      setTimeout(resolve, AFTER_UNCAUGHT_MS)
    }
    process.on('uncaughtException', caught)
    process.on('unhandledRejection', caught)
  })
  return { error: () => first?.error, grace }
}
