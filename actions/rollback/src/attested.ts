import type { Kit } from '@release-actions/action-kit'
import { requireAttestation } from '@release-actions/action-world'
import type { Http } from '@release-actions/http'
import type { KubernetesRollback, RollbackSurvey } from '@release-actions/kubernetes'
import { isSameVersion, type Way } from '@release-actions/release'
import { Forbidden } from '@release-actions/values'
import type { Asked } from './asked.ts'
import type { Target } from './choose.ts'
import type { RollbackInputs } from './inputs.ts'
import type { Location } from './locate.ts'
import { openColors } from './switches.ts'

/** @throws Forbidden when that digest was not attested, and when that cannot be found out */
export type Attested = (digest: string) => Promise<void>

const WITHOUT =
  'where it must go back all the same, a person decides so: run it again without require-attestation; what is restored is then what the record says was verified'

/** Each digest is asked about once, one after the other: services share what is fetched of whom to trust. */
export function attesting(inputs: RollbackInputs, kit: Kit, http: Http): Attested {
  const { token, signerWorkflow, trustedRoot } = inputs
  const asked = new Map<string, Promise<void>>()
  let last: Promise<unknown> = Promise.resolve()
  return (digest) => {
    const known = asked.get(digest)
    if (known !== undefined) return known
    const asking = last.then(() => ask(digest))
    asked.set(digest, asking)
    last = asking.catch(() => undefined) // said to whoever asked
    return asking
  }

  async function ask(digest: string): Promise<void> {
    try {
      kit.log.line(await requireAttestation({ digest, token, signerWorkflow, trustedRoot }, kit, http))
    } catch (error) {
      if (!(error instanceof Forbidden)) throw error
      const { message, object, why, fix } = error
      const details = { why, fix: [...fix, WITHOUT], cause: error }
      throw new Forbidden(message, object === undefined ? details : { ...details, object })
    }
  }
}

export interface Restored {
  readonly asked: Asked
  readonly world: KubernetesRollback
  readonly location: Location
  readonly survey: RollbackSurvey
  readonly target: Target
}

/**
 * Holds that what users are given by this part of the way is attested, and is what runs then: a tag may have moved. What
 * serves already when something in flight is ended is given to nobody anew, and nothing stands in its way.
 * @throws Forbidden
 */
export async function assertRestoresAttested(
  attested: Attested,
  way: Way,
  { asked, world, location, survey, target }: Restored,
): Promise<void> {
  if (way.kind === 'there') return
  const ends = way.kind === 'end-canary' || way.kind === 'end-switch'
  const base = (survey.state.inFlight ?? survey.state.switching)?.base.release
  if (ends && base !== undefined && isSameVersion(base, target)) return
  const { version, digest } = target
  if (digest === undefined)
    throw new Forbidden(
      `${version} is not known by its digest, so nothing can be said of where it was built`,
      { fix: [WITHOUT] },
    )
  await attested(digest)
  if (ends) return
  const image =
    way.kind === 'redeploy'
      ? (await world.restoration(target)).image
      : await imageOfColor(asked, location, target)
  if (image.endsWith(`@${digest}`)) return
  throw new Forbidden(`${version} would run again as ${image}, and whether that is ${digest} is not known`, {
    why: ['its pod template names the image by a tag, which may have moved'],
    fix: [WITHOUT],
  })
}

async function imageOfColor(asked: Asked, location: Location, target: Target): Promise<string> {
  const world = await openColors(asked, location, target)
  try {
    return world.target.restoring?.goal.image ?? target.image
  } finally {
    world.close()
  }
}
