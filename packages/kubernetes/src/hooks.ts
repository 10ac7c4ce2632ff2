import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Clock, Hook, HookResult, Hooks } from '@release-actions/ports'
import type { RunId } from '@release-actions/release'
import { Conflict, InvalidInput, messageOf, type Milliseconds } from '@release-actions/values'
import type { Client } from './client.ts'
import { isMapping } from './config/kubeconfig.ts'
import { parseManifest } from './manifest-yaml.ts'
import { bounded, DOMAIN, OWNER } from './names.ts'
import { apiVersionOf, type Job } from './objects.ts'

export interface HooksOptions {
  readonly client: Client
  readonly clock: Clock
  readonly workload: string
  readonly run: RunId
  /** What the Jobs' containers are told in their environment, and `{{ key }}` in an image is replaced by. */
  readonly values: Readonly<Record<string, string>>
  /** What relative manifest paths are relative to. */
  readonly cwd: string
}

const RUN = `${DOMAIN}/run`
const HOOK = `${DOMAIN}/hook`
/** Jobs may not be watched by the documented Role. */
const LOOK_MS = 500
const LINES = 50
/** A run can be started again for so long: until then its Jobs are remembered. */
const REMEMBERED_S = 30 * 24 * 3600
/** The Job's own deadline ends it; should its controller be slow, we do not wait for ever. */
const GRACE_MS = 15_000

export function createHooks(options: HooksOptions): Hooks {
  const { client, clock, workload, run } = options

  /** @param distinct names it so that no other workload's hook of this run can be named the same */
  async function jobOf(hook: Hook, distinct = false): Promise<Job> {
    const whose = createHash('sha256').update(`${workload}/${hook.name}`).digest('hex').slice(0, 8)
    const name = bounded(`${workload}-${hook.name}-${distinct ? `${whose}-` : ''}${run.id}`, 63)
    const given = hook.work.kind === 'manifest' ? await readJob(hook.work.path, options.cwd) : undefined
    const spec = given?.spec ?? specOf(hook)
    const labels = { [HOOK]: hook.name }
    return {
      ...given,
      apiVersion: apiVersionOf('Job'),
      kind: 'Job',
      metadata: {
        ...given?.metadata,
        name,
        namespace: client.namespace,
        labels: { ...given?.metadata?.labels, ...labels },
        annotations: { ...given?.metadata?.annotations, [OWNER]: workload, [RUN]: String(run.id) },
      },
      spec: {
        ttlSecondsAfterFinished: REMEMBERED_S,
        // Once: what a hook has half done, it may not stand to do again.
        backoffLimit: 0,
        ...spec,
        activeDeadlineSeconds: Math.max(1, Math.ceil(hook.timeout / 1000)),
        template: told(spec.template, labels),
      },
    }
  }

  function specOf({ name, work }: Hook): NonNullable<Job['spec']> {
    const image = work.kind === 'image' ? filled(work.image, options.values) : ''
    const command = work.kind === 'image' ? work.command : []
    const container = { name: bounded(name), image, ...(command.length > 0 && { command }) }
    return { template: { spec: { restartPolicy: 'Never', containers: [container] } } }
  }

  /** The pod template with our labels and, in each container, what this rollback is about. */
  function told(
    template: NonNullable<Job['spec']>['template'],
    labels: Readonly<Record<string, string>>,
  ): NonNullable<Job['spec']>['template'] {
    const env = Object.entries(options.values).map(([key, value]) => ({ name: variable(key), value }))
    const containers = (template.spec?.containers ?? []).map((each) => ({
      ...each,
      env: [...(each.env ?? []).filter(({ name }) => !env.some((ours) => ours.name === name)), ...env],
    }))
    return {
      ...template,
      metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...labels } },
      spec: { restartPolicy: 'Never', ...template.spec, containers },
    }
  }

  /** The Job of this hook in this run, made now unless it is there. */
  async function begin(hook: Hook): Promise<{ readonly job: Job; readonly made: boolean }> {
    const first = await made(await jobOf(hook))
    if (isOurs(first.job, hook)) return first
    // `shop` with `api-flush` and `shop-api` with `flush`, taken back side by side: two hooks, and one name.
    const second = await made(await jobOf(hook, true))
    if (isOurs(second.job, hook)) return second
    const object = `Job ${client.namespace}/${second.job.metadata?.name}`
    throw new Conflict(`${object} exists, and is not a hook of this run`, { object })
  }

  async function made(wanted: Job): Promise<{ readonly job: Job; readonly made: boolean }> {
    const name = wanted.metadata?.name ?? ''
    const there = await client.find('Job', name)
    if (there !== undefined) return { job: there, made: false }
    try {
      return { job: await client.create('Job', wanted), made: true }
    } catch (error) {
      // The answer to our own create was lost, or another process of this run was quicker.
      if (!(error instanceof Conflict)) throw error
      return { job: await client.get('Job', name), made: false }
    }
  }

  function isOurs({ metadata }: Job, hook: Hook): boolean {
    const { [RUN]: of, [OWNER]: whose } = metadata?.annotations ?? {}
    return of === String(run.id) && whose === workload && metadata?.labels?.[HOOK] === hook.name
  }

  async function logOf(name: string): Promise<readonly string[]> {
    try {
      const { items } = await client.list('Pod', { labels: `job-name=${name}` })
      const lines = await Promise.all(
        items.flatMap((pod) =>
          (pod.spec?.containers ?? []).map(async (container) => {
            const answer = await client.raw({
              method: 'GET',
              path: `/api/v1/namespaces/${client.namespace}/pods/${pod.metadata?.name}/log`,
              query: { container: container.name, tailLines: String(LINES) },
              timeout: 5_000,
              retry: 'never',
              maxBytes: 1024 * 1024,
            })
            return answer.status === 200 ? answer.body.split('\n').filter((line) => line.trim() !== '') : []
          }),
        ),
      )
      return lines.flat().slice(-LINES)
    } catch (error) {
      return [`(no log: ${messageOf(error)})`]
    }
  }

  return {
    check: async (hook) => {
      await jobOf(hook)
    },
    async run(hook, signal) {
      const since = clock.now()
      const { job, made } = await begin(hook)
      const name = job.metadata?.name ?? ''
      const first = endOf(job)
      let end = first
      while (end === undefined && clock.now() - since < hook.timeout + GRACE_MS) {
        if (signal.aborted) break
        await clock.sleep(LOOK_MS, signal)
        end = endOf(await client.get('Job', name))
      }
      const log = await logOf(name)
      const took: Milliseconds = clock.now() - since
      const before = !made && first !== undefined
      if (end === undefined && signal.aborted) {
        const reason = `the step was cancelled; Job ${name} goes on by itself`
        return { job: name, outcome: 'interrupted', reason, before, log, took }
      }
      const reason = end === undefined ? `Job ${name} has not ended` : end.reason
      const outcome: HookResult['outcome'] =
        end === undefined || end.deadline ? 'timed-out' : end.succeeded ? 'succeeded' : 'failed'
      return { job: name, outcome, reason, before, log, took }
    },
  }
}

interface JobEnd {
  readonly succeeded: boolean
  readonly deadline: boolean
  readonly reason: string | undefined
}

function endOf(job: Job): JobEnd | undefined {
  const ended = (job.status?.conditions ?? []).find(
    ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
  )
  if (ended === undefined) return undefined
  const { type, reason = '', message = '' } = ended
  if (type === 'Complete') return { succeeded: true, deadline: false, reason: undefined }
  const why = [reason, message].filter((text) => text !== '').join(': ')
  return {
    succeeded: false,
    deadline: reason === 'DeadlineExceeded',
    reason: `Job ${job.metadata?.name}: ${why}`,
  }
}

/** `from-version` → `ROLLBACK_FROM_VERSION`. */
function variable(key: string): string {
  return `ROLLBACK_${key.toUpperCase().replaceAll('-', '_')}`
}

function filled(image: string, values: Readonly<Record<string, string>>): string {
  return image.replace(/\{\{\s*([a-z-]+)\s*\}\}/g, (_, key: string) => {
    const value = values[key]
    if (value === undefined || value === '')
      throw new InvalidInput(
        'hooks',
        image,
        `an image, or one of {{ ${Object.keys(values).join(' }}, {{ ')} }} that is known`,
      )
    return value
  })
}

/** @throws InvalidInput: not a file with exactly one Job that can run */
async function readJob(file: string, cwd: string): Promise<Job> {
  const wrong = (legal: string): InvalidInput => new InvalidInput('hooks', file, legal)
  let text: string
  try {
    text = await readFile(path.resolve(cwd, file), 'utf8')
  } catch (error) {
    throw wrong(`a file that can be read (${messageOf(error)})`)
  }
  let documents: readonly unknown[]
  try {
    documents = await parseManifest(text)
  } catch (error) {
    throw wrong(`YAML that can be read (${messageOf(error).split('\n')[0]})`)
  }
  const objects = documents.filter((each) => each !== null)
  const [job] = objects
  if (objects.length !== 1 || !isMapping(job) || job['kind'] !== 'Job' || job['apiVersion'] !== 'batch/v1')
    throw wrong('a file with one Job (batch/v1)')
  const spec = job['spec']
  const template = isMapping(spec) ? spec['template'] : undefined
  const pod = isMapping(template) ? template['spec'] : undefined
  if (!isMapping(pod) || !Array.isArray(pod['containers']) || pod['containers'].length === 0)
    throw wrong('a Job with containers')
  return job as Job
}
