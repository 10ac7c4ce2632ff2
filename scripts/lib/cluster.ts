/** Whether a cluster is there to be tested on: said in words, before a test waits a minute for it. */
import { existsSync } from 'node:fs'
import { delimiter } from 'node:path'
import { clusterFromEnv, createAdmin } from '@release-actions/lab'

/** @returns what is missing, and what to do; undefined when all is there */
export async function missingOfCluster(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const files = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '')
  const absent = files.filter((path) => !existsSync(path))
  if (files.length === 0 || absent.length > 0) {
    const why =
      files.length === 0
        ? 'KUBECONFIG is not set'
        : `KUBECONFIG names ${absent.join(', ')}, which is not there`
    return `${why}. The cluster tests need a cluster on which they may create and delete namespaces.`
  }
  const cluster = clusterFromEnv(env)
  if (cluster === undefined) return 'KUBECONFIG is not set.'
  if (!Number.isInteger(cluster.gatewayPort))
    return `GATEWAY_PORT is ${env['GATEWAY_PORT']}, not a port number.`
  try {
    const admin = await createAdmin(cluster.kubeconfig)
    try {
      await admin.list('default', 'HTTPRoute')
    } finally {
      admin.close()
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return `The cluster does not answer, or has no Gateway API (HTTPRoute): ${why}`
  }
  return (await answers(cluster.gatewayUrl))
    ? undefined
    : `No router answers at ${cluster.gatewayUrl}: set GATEWAY_URL to where the Gateways of class ${cluster.gatewayClass} (GATEWAY_CLASS) listen on port ${cluster.gatewayPort} (GATEWAY_PORT).`
}

/** Any answer will do: there is no route yet. */
function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(5_000) }).then(
    () => true,
    () => false,
  )
}
