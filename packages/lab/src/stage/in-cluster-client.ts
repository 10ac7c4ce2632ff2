import type { Admin } from './admin.ts'
import type { Manifest } from './objects.ts'
import { until } from './open-stage.ts'

/** Asks a Service over and over on new connections, and serves what it counted. Runs in a pod. */
const PROGRAM = `
import http from 'node:http'
const counts = {}
const count = (what) => { counts[what] = (counts[what] ?? 0) + 1 }
setInterval(() => {
  const request = http.get(process.env.TARGET, { agent: false, timeout: 5000 }, (answer) => {
    answer.resume()
    answer.on('end', () => count(answer.headers['x-version'] ?? 'status ' + answer.statusCode))
  })
  request.on('error', () => count('failed'))
  request.on('timeout', () => request.destroy())
}, 25)
http.createServer((_, response) => response.end(JSON.stringify(counts))).listen(8081)
process.on('SIGTERM', () => process.exit(0))
`

/** Starts the client as a pod beside the Service; deleted with the stage's namespace. */
export async function inClusterClient(
  admin: Admin,
  namespace: string,
  service: string,
): Promise<{ counts(): Promise<Readonly<Record<string, number>>>; stop(): void }> {
  const found = await admin.get(namespace, 'Service', service)
  const spec = found?.['spec'] as { clusterIP?: string; ports?: { port: number }[] } | undefined
  if (spec?.clusterIP === undefined) throw new Error(`Service ${service} has no address`)
  const name = `client-of-${service}`
  const target = `http://${spec.clusterIP}:${spec.ports?.[0]?.port ?? 80}/`
  await admin.apply(namespace, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: { 'client.mjs': PROGRAM },
  })
  await admin.apply(namespace, clientPod(name, target))
  const ask = async (): Promise<Readonly<Record<string, number>>> => {
    const parsed: unknown = JSON.parse(await admin.pod(namespace, name, 8081, '/'))
    return parsed as Readonly<Record<string, number>>
  }
  await until(30_000, `pod ${name} to count`, () =>
    ask().then(
      (counts) => Object.keys(counts).length > 0,
      () => false,
    ),
  )
  return { counts: ask, stop: () => undefined }
}

function clientPod(name: string, target: string): Manifest {
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
          env: [{ name: 'TARGET', value: target }],
          volumeMounts: [{ name: 'app', mountPath: '/app' }],
        },
      ],
      volumes: [{ name: 'app', configMap: { name } }],
    },
  }
}
