import { baseColor, type BlueGreenMove, type BlueGreenSight, type Owner } from '../../src/index.ts'

/** What must hold of every move, whatever the world looks like. */
export function safe(move: BlueGreenMove, seen: BlueGreenSight): void {
  const flight = seen.claim.state.switching
  const { endpoints, to } = seen.switch
  const wrong = (what: string): Error => new Error(`${what}: ${JSON.stringify(move)}`)
  if (seen.claim.kind !== 'ours' && !['claim', 'done', 'failed', 'stopped'].includes(move.kind)) {
    throw wrong('a write without the claim')
  }
  if (move.kind === 'switch') {
    const made = seen[move.to]
    if (seen.switch.unstamped.length > 0) throw wrong('a switch without the fence')
    if (made === undefined || made.ready === 0) throw wrong('a switch to pods that are not ready')
    if (flight?.retreat !== undefined && move.to === flight.to)
      throw wrong('a switch in the middle of a retreat')
    if (move.why === 'mend') {
      if (to !== 'own') throw wrong('mended where the key is there')
      if (
        flight !== undefined &&
        move.to === flight.to &&
        !flight.switches.some((each) => each.to === move.to)
      ) {
        throw wrong('mended to the idle colour')
      }
    } else {
      if (flight === undefined) throw wrong('a switch without a release')
      const live = to === 'own' ? seen.own : seen[to]
      // A rollback gives a colour that was warm what it has, once it had its seconds to be whole.
      const warm = flight.preempt && seen.claim.state.colors?.warm?.color === move.to
      const enough = warm || (flight.preempt && live?.ready === 0) ? 1 : (live?.desired ?? 1)
      if (made.ready < enough) throw wrong('a switch to fewer pods than what serves needs')
      if (move.why === 'release' && !flight.preempt && !flight.passed.includes('pre-switch')) {
        throw wrong('a switch to what was not judged')
      }
      if (move.why === 'adopt' && made.template !== seen.own.template) throw wrong('adopted another version')
      if (move.why === 'release' && made.template !== flight.release.template) throw wrong('another version')
    }
  }
  if (move.kind === 'switch-back' && (seen[move.to]?.ready ?? 0) === 0) throw wrong('back to nothing')
  // What is to leave the traffic leaves it within seconds, wherever there is a pod to go back to.
  if (flight?.retreat !== undefined && to === flight.to && move.kind === 'await') {
    const ready = seen[baseColor(flight)]?.ready ?? 0
    const since = Math.max(flight.retreat.at, seen.claim.kind === 'ours' ? seen.claim.since : 0)
    if (ready > 0 && move.until > since + 20_000) throw wrong('bad code is left in the traffic')
  }
  if (move.kind === 'scale' && move.replicas < (seen[move.owner]?.desired ?? 0)) {
    // An adoption that was given up: the two have one version, and the Service cannot tell them apart.
    const unadopting = flight?.retreat !== undefined && flight.base.owner === 'own' && to === 'own'
    if (endpoints[move.owner] > 0 && !unadopting) throw wrong('scaled down while it is in the endpoints')
    if (move.owner === to) throw wrong('scaled down while it serves')
    const last = flight?.switches.at(-1)
    if (last?.verified === 'pending') throw wrong('scaled down before the switch is proved')
    if (last !== undefined && seen.now < last.at + 30_000) throw wrong('scaled down before it has drained')
  }
  if (move.kind === 'apply-color') {
    const there: Owner = move.color
    const serves = to === there && endpoints[there] > 0
    if (serves) throw wrong('a version is changed in place while it serves')
    if (
      move.content === 'release' &&
      (to === 'own' || to !== baseColor(flight ?? raise(wrong('no release'))))
    ) {
      throw wrong('idle pods start while the key is not there')
    }
    if ((seen[there]?.total ?? 0) > 0 && move.content === 'release') throw wrong('two versions in one colour')
  }
  if (move.kind === 'land' && flight?.switches.at(-1)?.verified === 'pending') throw wrong('landed unproved')
}

function raise(error: Error): never {
  throw error
}
