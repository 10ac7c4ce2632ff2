import { EMPTY_LEASE_STATE, type LeaseState, type RunId } from '@release-actions/release'
import { Conflict, messageOf } from '@release-actions/values'
import { isColor } from './bluegreen/colors-of.ts'
import { isMapping } from './config/kubeconfig.ts'
import type { Lease } from './objects.ts'
import { STATE } from './names.ts'

/**
 * The JSON on a Lease. Fields that we do not know are kept: they are in the value, and come back with the next write.
 * @throws Conflict when it was written by a newer version of ours, or is not ours
 */
export function readState(lease: Lease): LeaseState {
  const text = lease.metadata?.annotations?.[STATE]
  if (text === undefined || text === '') return EMPTY_LEASE_STATE
  const { namespace = '', name = '' } = lease.metadata ?? {}
  const object = `Lease ${namespace}/${name}`
  const wrong = (why: string): Conflict =>
    new Conflict(`${object} holds a state that cannot be read`, {
      object,
      why: [why],
      fix: [
        'look at the route and the canary yourself; when nothing is in flight, clear the state:',
        `kubectl -n ${namespace} annotate lease ${name} ${STATE}-`,
      ],
    })
  let state: unknown
  try {
    state = JSON.parse(text)
  } catch (error) {
    throw wrong(messageOf(error))
  }
  if (!isMapping(state) || typeof state['schema'] !== 'number') throw wrong('it has no schema')
  if (state['schema'] > 1) {
    throw new Conflict(
      `${object} was written by a newer version of release-actions (schema ${state['schema']})`,
      {
        object,
        fix: ['use that version here too: this one could damage what it does not know'],
      },
    )
  }
  const problem = problemOf(state)
  if (problem !== undefined) throw wrong(problem)
  return { ...EMPTY_LEASE_STATE, ...(state as unknown as LeaseState) }
}

/** What decisions lean on must be there; the rest of the JSON is what an earlier process of ours wrote. */
function problemOf(state: Readonly<Record<string, unknown>>): string | undefined {
  for (const part of ['last', 'live'] as const) {
    if (state[part] !== undefined && !isLanded(state[part])) return `${part} is not a release that ended`
  }
  const switched = switchProblem(state['switching'], state['colors'])
  if (switched !== undefined) return switched
  const flight = state['inFlight']
  if (flight === undefined) return undefined
  if (!isMapping(flight)) return 'inFlight is not an object'
  const { release, run, base, phase } = flight
  if (!isRelease(release) || !isRun(run)) return 'inFlight names no release or run'
  if (!isMapping(base) || !isRelease(base['release']) || typeof base['replicas'] !== 'number') {
    return 'inFlight.base does not say what to go back to'
  }
  if (!isMapping(phase) || typeof phase['since'] !== 'number') return 'inFlight.phase is not a phase'
  const lists = ['plan', 'passed', 'shifts'].filter((name) => !Array.isArray(flight[name]))
  return lists.length > 0 ? `inFlight.${lists.join(' and ')} is no list` : undefined
}

function switchProblem(switching: unknown, colors: unknown): string | undefined {
  if (colors !== undefined && !(isMapping(colors) && isColor(colors['live']))) {
    return 'colors does not say which colour serves'
  }
  if (switching === undefined) return undefined
  if (!isMapping(switching)) return 'switching is not an object'
  const { release, run, base, phase, to } = switching
  if (!isRelease(release) || !isRun(run) || !isColor(to)) return 'switching names no release, run or colour'
  const known = isMapping(base) && isRelease(base['release']) && typeof base['replicas'] === 'number'
  if (!known || !(base['owner'] === 'own' || isColor(base['owner']))) {
    return 'switching.base does not say what to go back to'
  }
  if (!isMapping(phase) || typeof phase['since'] !== 'number') return 'switching.phase is not a phase'
  const lists = ['passed', 'switches'].filter((name) => !Array.isArray(switching[name]))
  return lists.length > 0 ? `switching.${lists.join(' and ')} is no list` : undefined
}

function isLanded(value: unknown): boolean {
  return isMapping(value) && isRelease(value['release']) && isRun(value['run'])
}

function isRelease(value: unknown): boolean {
  return isMapping(value) && typeof value['image'] === 'string' && typeof value['template'] === 'string'
}

function isRun(value: unknown): boolean {
  return isMapping(value) && typeof value['id'] === 'number'
}

/** `run 7 attempt 1 3f2a…`: who holds a Lease. The nonce tells two processes of one run apart. */
export function formatHolder(run: RunId, nonce: string): string {
  return `run ${run.id} attempt ${run.attempt} ${nonce}`
}

/** @returns undefined for a holder that is not one of ours */
export function parseHolder(holder: string): RunId | undefined {
  const matched = /^run (\d+) attempt (\d+) \S+$/.exec(holder)
  return matched === null ? undefined : { id: Number(matched[1]), attempt: Number(matched[2]) }
}
