import { type Color, type Identity, type LeaseState } from '@release-actions/release'
import { servedBy } from '../bluegreen/standing.ts'
import { templateOf } from '../bluegreen/template-of.ts'
import { imageOf } from '../canary/containers.ts'
import type { Client } from '../client.ts'
import { colorName, OWNER } from '../names.ts'
import type { Deployment } from '../objects.ts'
import { digestIn } from './restoration.ts'

export interface ColorsOf {
  readonly workload: string
  readonly container: string
  /** The HTTPRoute that says who serves; undefined: the Service does. */
  readonly route: string | undefined
  readonly service: string
}

/**
 * What our two Deployments are set to; and what the Lease says, as far as it is so: where it was deleted, or somebody has
 * switched by hand, the Service or the route says which colour serves.
 */
export async function seeColors(
  client: Client,
  { workload, container, route, service }: ColorsOf,
  lease: Promise<LeaseState>,
): Promise<{
  readonly state: LeaseState
  readonly colors: Readonly<Record<Color, Identity | undefined>>
}> {
  const [state, blue, green] = await Promise.all([
    lease,
    client.find('Deployment', colorName(workload, 'blue')),
    client.find('Deployment', colorName(workload, 'green')),
  ])
  const colors = { blue: colorOf(blue), green: colorOf(green) }
  const isAdopted = (colors.blue ?? colors.green) !== undefined
  return { state: isAdopted ? await withColors(state) : state, colors }

  async function withColors(state: LeaseState): Promise<LeaseState> {
    const { inFlight, switching, colors } = state
    if ((inFlight ?? switching) !== undefined) return state
    const [found, serving] = await Promise.all([
      route === undefined ? undefined : client.find('HTTPRoute', route),
      client.find('Service', service),
    ])
    const live = servedBy(found, serving, workload)
    return live === 'own' || live === colors?.live ? state : { ...state, colors: { live, warm: undefined } }
  }

  function colorOf(found: Deployment | undefined): Identity | undefined {
    if (found?.metadata?.annotations?.[OWNER] !== workload) return undefined
    const image = imageOf(found.spec?.template, container)
    return { template: templateOf(found), digest: digestIn(image), image }
  }
}
