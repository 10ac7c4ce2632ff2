import type { ActionResult, Scene } from '@release-actions/lab'
import { bar, clock, now, paint, say } from './terminal.ts'

export interface Played {
  readonly title: string
  readonly wanted: string
  readonly decision: string
  /** Requests that clients saw fail while it went on. */
  readonly failed: number
  readonly result: ActionResult
}

export interface PlayOrder {
  /** Default: canary-step. */
  readonly action?: 'bluegreen-switch' | 'rollback'
  readonly version: string
  readonly wanted: 'promoted' | 'switched' | 'rolled-back' | 'retreated'
  readonly env?: Readonly<Record<string, string>>
  /** By its digest; default: what the manifest has. */
  readonly image?: string | undefined
}

const GATES = `
- preset: golden-signals
  scrape: {port: http}
- name: up
  http: {path: /healthz, port: http}
`

/** What each action is asked for, briefly. */
const INPUTS = {
  'canary-step': { gates: GATES, soak: '2500ms', interval: '500ms' },
  'bluegreen-switch': {
    'pre-switch-gates': '- name: up\n  http: {path: /healthz, port: http}\n',
    'post-switch-gates': GATES,
    soak: '2500ms',
    interval: '500ms',
  },
  // Where the service is, and what was good before, is in the record: what releases are told is not told here.
  rollback: {
    services: 'shop',
    reason: 'Checkout fails since version 4.',
    gates: '- name: up\n  http: {path: /healthz, port: http}\n',
    soak: '1s',
    interval: '500ms',
    ...{ workload: '', traffic: '', manifests: '', plan: '' },
  },
} as const

/** One release, with what the clients measured beside what the action did. */
export async function playRelease(scene: Scene, order: PlayOrder): Promise<Played> {
  const { load } = scene
  const { action = 'canary-step' } = order
  if (load === undefined) throw new Error('the demo needs clients')
  const from = now()
  let shown = from
  const version = `${order.version}.0.0`
  const measure = (): void => {
    const until = now()
    // Requests still under way are not counted yet: look a moment back.
    const share = (load.share(order.version, shown, until - 50) ?? 0) * 100
    const failed = load.failed(shown, until - 50).length
    if (until - shown > 300) {
      const failures = failed > 0 ? paint.red(`  ${failed} failed`) : ''
      say(`${clock(until - from)}  ${bar(share)} ${share.toFixed(0).padStart(3)} % on ${version}${failures}`)
      shown = until
    }
  }
  const timer = setInterval(measure, 1000)
  const result = await scene.release({
    version: order.version,
    ...(order.env === undefined ? {} : { env: order.env }),
    // The manifest that goes with an image of its own leaves the program to it.
    ...(order.image === undefined ? {} : { app: { image: order.image } }),
    action,
    inputs: {
      ...INPUTS[action],
      version: action === 'rollback' ? '' : version,
      ...(order.image === undefined ? {} : { image: order.image }),
    },
    onLine: (line) => {
      const text = /^\d\d:\d\d:\d\dZ ▶ (.*)$/u.exec(line)?.[1]
      if (text !== undefined) say(`${clock(now() - from)}  ${paint.bold(text)}`)
    },
  })
  clearInterval(timer)
  measure()
  const decision = result.outputs['decision'] ?? 'nothing'
  const failed = load.failed(from, now()).length
  const asked = Object.values(load.counts(from, now())).reduce((sum, count) => sum + count, 0)
  const paintEnd = decision === 'retreated' ? paint.yellow : paint.green
  say(paintEnd(`${decision}: ${result.outputs['message'] ?? ''}`))
  say(
    `the job ${result.exitCode === 0 ? 'succeeded' : 'failed, as it should'}; clients saw ${failed} of ${asked} requests fail`,
  )
  return { title: `shop ${version}: ${decision}`, wanted: order.wanted, decision, failed, result }
}
