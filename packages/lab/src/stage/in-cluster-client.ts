import type { Admin } from './admin.ts'
import type { Manifest } from './objects.ts'
import { until } from './open-stage.ts'
import type { Answered, InClusterClient } from './stage.ts'

/** Asks a Service over and over, on new connections or on kept ones, and serves what it counted. Runs in a pod. */
const PROGRAM = `
import http from 'node:http'
const [counts, last, why] = [{}, {}, {}]
const agent = process.env.KEEP_ALIVE === 'true' ? new http.Agent({ keepAlive: true, maxSockets: 4 }) : false
const count = (what) => {
  counts[what] = (counts[what] ?? 0) + 1
  last[what] = Date.now()
}
setInterval(() => {
  const request = http.get(process.env.TARGET, { agent, timeout: 5000 }, (answer) => {
    answer.resume()
    answer.on('end', () => count(answer.headers['x-version'] ?? 'status ' + answer.statusCode))
  })
  request.on('error', (error) => {
    count('failed')
    why[error.code ?? error.message] = (why[error.code ?? error.message] ?? 0) + 1
  })
  request.on('timeout', () => request.destroy())
}, 25)
http.createServer((_, response) => response.end(JSON.stringify({ counts, last, why }))).listen(8081)
process.on('SIGTERM', () => process.exit(0))
`

/** Starts the client as a pod beside the Service; deleted with the stage's namespace. */
export async function inClusterClient(
  admin: Admin,
  namespace: string,
  service: string,
  keepAlive: boolean,
): Promise<InClusterClient> {
  const found = await admin.get(namespace, 'Service', service)
  const spec = found?.['spec'] as { clusterIP?: string; ports?: { port: number }[] } | undefined
  if (spec?.clusterIP === undefined) throw new Error(`Service ${service} has no address`)
  const name = `${keepAlive ? 'kept' : 'client'}-of-${service}`
  const target = `http://${spec.clusterIP}:${spec.ports?.[0]?.port ?? 80}/`
  await admin.apply(namespace, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: { 'client.mjs': PROGRAM },
  })
  await admin.apply(namespace, clientPod(name, target, keepAlive))
  const ask = async (): Promise<Answered> => {
    const parsed: unknown = JSON.parse(await admin.pod(namespace, name, 8081, '/'))
    return parsed as Answered
  }
  await until(30_000, `pod ${name} to count`, () =>
    ask().then(
      ({ counts }) => Object.keys(counts).length > 0,
      () => false,
    ),
  )
  return { counts: async () => (await ask()).counts, answered: ask, stop: () => undefined }
}

function clientPod(name: string, target: string, keepAlive: boolean): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'client',
          image: 'node:24-alpine',
          command: ['node', '/app/client.mjs'],
          env: [
            { name: 'TARGET', value: target },
            { name: 'KEEP_ALIVE', value: String(keepAlive) },
          ],
          volumeMounts: [{ name: 'app', mountPath: '/app' }],
        },
      ],
      volumes: [{ name: 'app', configMap: { name } }],
    },
  }
}
