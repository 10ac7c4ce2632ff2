import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { reachesCluster, type Gate } from '@release-actions/judge'
import { InvalidInput, messageOf } from '@release-actions/values'
import { RoundMemo } from './round.ts'
import type { GateSource, MetricsWorld, Sources } from './source.ts'

type Make = (world: MetricsWorld, memo: RoundMemo) => GateSource

/**
 * The adapters that these gates need, and no others: each is loaded only when a gate uses it.
 * @throws InvalidInput for a gate that cannot be sampled here: no cluster, an environment variable or a CA file that
 *   is not there
 */
export async function loadSources(gates: readonly Gate[], world: MetricsWorld): Promise<Sources> {
  const makers = new Map<string, Make>()
  for (const gate of gates) {
    if (world.pods === undefined && reachesCluster(gate)) {
      throw new InvalidInput(
        `gate "${gate.name}"`,
        gate.source.kind,
        'a kubeconfig: this source reads from the cluster',
      )
    }
    const make = await load(gate, world)
    // Made once now, so that what is missing is said before anything is touched.
    make(world, new RoundMemo())
    makers.set(gate.name, make)
  }
  return {
    open() {
      const memo = new RoundMemo()
      return (gate) => {
        const make = makers.get(gate.name)
        if (make === undefined) throw new InvalidInput('gates', gate.name, 'a gate that was loaded')
        return make(world, memo)
      }
    },
  }
}

async function load({ name, source }: Gate, world: MetricsWorld): Promise<Make> {
  switch (source.kind) {
    case 'http': {
      const { httpSource } = await import('./http.ts')
      const ca = await pem(name, source.target.kind === 'url' ? source.target.ca : undefined, world)
      return (to, memo) => httpSource(source, to, memo, ca)
    }
    case 'prometheus': {
      const [{ connect }, { querySource }] = await Promise.all([
        import('./prometheus/api.ts'),
        import('./prometheus/query.ts'),
      ])
      const ca = await pem(name, source.server.kind === 'url' ? source.server.ca : undefined, world)
      return (to, memo) => querySource(source, connect(name, source.server, to, ca), to, memo)
    }
    case 'alerts': {
      const [{ connect }, { alertsSource }] = await Promise.all([
        import('./prometheus/api.ts'),
        import('./prometheus/alerts.ts'),
      ])
      const ca = await pem(name, source.server.kind === 'url' ? source.server.ca : undefined, world)
      return (to) => alertsSource(source, connect(name, source.server, to, ca))
    }
    case 'scrape': {
      const { scrapeSource } = await import('./scrape/scrape.ts')
      return (to, memo) => scrapeSource(source, to, memo)
    }
    case 'kubernetes': {
      const { kubernetesSource } = await import('./kubernetes.ts')
      return (to, memo) => kubernetesSource(source, to, memo)
    }
    case 'json': {
      const { jsonSource } = await import('./json.ts')
      return (to) => jsonSource(source, to)
    }
    case 'run': {
      const { runSource } = await import('./run.ts')
      return (to) => runSource(source, to)
    }
  }
}

/** PEM text, or the file that holds it. */
async function pem(gate: string, ca: string | undefined, world: MetricsWorld): Promise<string | undefined> {
  if (ca === undefined || ca.includes('-----BEGIN')) return ca
  try {
    return await readFile(resolve(world.workspace, ca), 'utf8')
  } catch (error) {
    throw new InvalidInput(
      `gate "${gate}": ca`,
      ca,
      `PEM text, or the path of a PEM file (${messageOf(error)})`,
    )
  }
}
