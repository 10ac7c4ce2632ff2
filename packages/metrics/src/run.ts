import { noData, reading, sourceError, type Note, type Reading, type RunSource } from '@release-actions/judge'
import type { Track } from '@release-actions/ports'
import { runScript, userEnvironment, type Ended } from '@release-actions/process'
import { formatDuration } from '@release-actions/values'
import type { GateSource, Look, MetricsWorld } from './source.ts'
import { valuesFor } from './values.ts'

/**
 * The exit code of a command, or the number that it prints. The script is an argument of the shell, as the user wrote
 * it; what it may want to know comes by environment variables: RELEASE_NAMESPACE, RELEASE_SERVICE, RELEASE_WORKLOAD,
 * RELEASE_VERSION, RELEASE_TRACK, RELEASE_KUBE_SERVICE, RELEASE_WINDOW.
 */
export function runSource(source: RunSource, world: MetricsWorld): GateSource {
  return {
    async sample(track, look) {
      const env = environment(world, track, look)
      const ended = await runScript({
        script: source.script,
        timeout: source.timeout,
        env,
        cwd: world.workspace,
        clock: world.clock,
        signal: look.signal,
      })
      return readOutcome(source, ended, env)
    },
  }
}

function readOutcome(source: RunSource, ended: Ended, env: Readonly<Record<string, string>>): Reading {
  if (ended.kind === 'unstarted')
    return sourceError('source-error', `the command could not be started: ${ended.message}`)
  const said = withoutSecrets(ended.tail, env)
  const notes: Note[] = said === '' ? [] : [{ reason: 'output', detail: said }]
  if (ended.kind === 'killed') {
    if (ended.why === 'timeout')
      return sourceError('timeout', `the command did not end within ${formatDuration(source.timeout)}`, notes)
    return sourceError(
      'source-error',
      ended.why === 'cancelled' ? 'the command was cancelled' : 'the command was killed',
      notes,
    )
  }
  const { code, stdout } = ended
  // By the shell's convention the command did not run at all: that says nothing about the release.
  if (code === 126 || code === 127)
    return sourceError(
      'source-error',
      `the command was not found or is not executable (exit code ${code})`,
      notes,
    )
  if (source.value === 'exit-code') return reading(code, notes)
  if (code !== 0) return sourceError('source-error', `the command ended with exit code ${code}`, notes)
  const text = stdout.trim()
  if (text === '') return noData('empty', 'the command printed nothing', notes)
  if (/^nan$/i.test(text)) return reading(NaN, notes)
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return reading(Number(text), notes)
  return sourceError('not-a-number', 'the command printed something that is not one number', notes)
}

/** GitHub tells nobody which variables a job has filled from its secrets: their names do. */
const SECRET = /(token|secret|pass(word|wd|phrase)?|credentials?|(api|access|private)[_-]?key|auth)$/i
/** A shorter one stands in many a word that is none. */
const LEAST_SECRET = 6

/** What is printed gets into check runs and statuses, and GitHub masks only its log. */
function withoutSecrets(text: string, env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .flatMap(([name, value]) => (SECRET.test(name) ? value.split(/\r?\n/) : []))
    .map((line) => line.trim())
    .filter(({ length }) => length >= LEAST_SECRET)
    .sort((a, b) => b.length - a.length)
    .reduce((left, secret) => left.replaceAll(secret, '***'), text)
}

/** The step's own environment, without what belongs to this action: its inputs (the token, the kubeconfig), its state. */
function environment(world: MetricsWorld, track: Track, look: Look): Record<string, string> {
  const values = valuesFor(world, track, look)
  return {
    ...userEnvironment(world.env),
    RELEASE_NAMESPACE: values.namespace,
    RELEASE_SERVICE: values.service,
    RELEASE_WORKLOAD: values.workload,
    RELEASE_VERSION: values.version,
    RELEASE_TRACK: values.track,
    RELEASE_KUBE_SERVICE: values['kube-service'],
    RELEASE_WINDOW: values.window,
  }
}
