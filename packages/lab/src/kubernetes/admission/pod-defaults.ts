import { copyOf, isObject, listAt, objectAt, type JsonObject } from '../json.ts'

/** Sets what is not there. */
export function fill(object: JsonObject, defaults: JsonObject): void {
  for (const [key, value] of Object.entries(defaults)) object[key] ??= copyOf(value)
}

/** The defaults of a pod's spec, in place: the handful of fields that clients read back. */
export function defaultPodSpec(spec: JsonObject): void {
  fill(spec, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  })
  if (typeof spec['serviceAccountName'] === 'string')
    fill(spec, { serviceAccount: spec['serviceAccountName'] })
  for (const key of ['initContainers', 'containers'])
    for (const one of listAt(spec, key)) if (isObject(one)) defaultContainer(one)
  for (const volume of listAt(spec, 'volumes')) if (isObject(volume)) defaultVolume(volume)
}

function defaultContainer(container: JsonObject): void {
  const image = typeof container['image'] === 'string' ? container['image'] : ''
  fill(container, {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: isFloating(image) ? 'Always' : 'IfNotPresent',
  })
  for (const port of listAt(container, 'ports')) if (isObject(port)) fill(port, { protocol: 'TCP' })
  for (const key of ['readinessProbe', 'livenessProbe', 'startupProbe']) {
    const probe = container[key]
    if (!isObject(probe)) continue
    fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 })
    defaultHttpGet(probe)
  }
  for (const key of ['preStop', 'postStart']) defaultHttpGet(objectAt(container['lifecycle'], key))
  for (const variable of listAt(container, 'env')) {
    const field = objectAt(variable, 'valueFrom')['fieldRef']
    if (isObject(field)) fill(field, { apiVersion: 'v1' })
  }
}

function defaultHttpGet(handler: JsonObject): void {
  if (isObject(handler['httpGet'])) fill(handler['httpGet'], { path: '/', scheme: 'HTTP' })
}

function defaultVolume(volume: JsonObject): void {
  for (const key of ['configMap', 'secret', 'downwardAPI', 'projected']) {
    const source = volume[key]
    if (isObject(source)) fill(source, { defaultMode: 420 })
  }
  for (const item of listAt(volume['downwardAPI'], 'items')) {
    const field = isObject(item) ? item['fieldRef'] : undefined
    if (isObject(field)) fill(field, { apiVersion: 'v1' })
  }
}

/** Without a digest, and tagged `latest` or not at all. */
function isFloating(image: string): boolean {
  if (image.includes('@')) return false
  const tag = image.slice(image.lastIndexOf('/') + 1).split(':')[1]
  return tag === undefined || tag === 'latest'
}
