import type { StatusCause } from '../api/status-error.ts'
import { isObject, listAt, stringAt, type JsonObject } from '../json.ts'
import { invalidValue, nameCauses, required } from './names.ts'

/** What the API server would find wrong with a pod's spec: containers, their names, images, ports, mounts. */
export function podSpecCauses(field: string, spec: JsonObject): StatusCause[] {
  const volumes = new Set(listAt(spec, 'volumes').map((volume) => stringAt(volume, 'name')))
  const containers = listAt(spec, 'containers')
  const causes = containers.length === 0 ? [required(`${field}.containers`)] : []
  const seen = new Set<string>()
  for (const list of ['initContainers', 'containers']) {
    listAt(spec, list).forEach((container, i) => {
      if (!isObject(container)) return
      causes.push(...containerCauses(`${field}.${list}[${String(i)}]`, container, volumes, seen))
    })
  }
  return causes
}

function containerCauses(
  field: string,
  container: JsonObject,
  volumes: ReadonlySet<string | undefined>,
  seen: Set<string>,
): StatusCause[] {
  const causes: StatusCause[] = []
  const name = stringAt(container, 'name') ?? ''
  if (name === '') causes.push(required(`${field}.name`))
  else if (seen.has(name))
    causes.push({
      reason: 'FieldValueDuplicate',
      message: `Duplicate value: "${name}"`,
      field: `${field}.name`,
    })
  else causes.push(...nameCauses(`${field}.name`, name, 'label'))
  seen.add(name)
  const image = stringAt(container, 'image') ?? ''
  if (image === '') {
    causes.push(required(`${field}.image`))
  } else if (image.trim() !== image)
    causes.push(invalidValue(`${field}.image`, image, 'must not have leading or trailing whitespace'))
  listAt(container, 'ports').forEach((port, i) => {
    const number = isObject(port) ? port['containerPort'] : undefined
    if (typeof number !== 'number') causes.push(required(`${field}.ports[${String(i)}].containerPort`))
    else if (number < 1 || number > 65535) {
      causes.push(
        invalidValue(
          `${field}.ports[${String(i)}].containerPort`,
          number,
          'must be between 1 and 65535, inclusive',
        ),
      )
    }
  })
  listAt(container, 'env').forEach((variable, i) => {
    if ((stringAt(variable, 'name') ?? '') === '') causes.push(required(`${field}.env[${String(i)}].name`))
  })
  listAt(container, 'volumeMounts').forEach((mount, i) => {
    const volume = stringAt(mount, 'name')
    if (volume === undefined) causes.push(required(`${field}.volumeMounts[${String(i)}].name`))
    else if (!volumes.has(volume)) {
      causes.push({
        reason: 'FieldValueNotFound',
        message: `Not found: "${volume}"`,
        field: `${field}.volumeMounts[${String(i)}].name`,
      })
    }
  })
  return causes
}
