import { InvalidInput, nearest, NotFound } from '@release-actions/values'
import type { Container, PodTemplate } from '../objects.ts'

/**
 * The container that carries the version: the named one, else the only one. Init containers do not count.
 * @throws InvalidInput when there are several and none, or another, is named
 */
export function chooseContainer(template: PodTemplate | undefined, wanted: string | undefined): Container {
  const containers = template?.spec?.containers ?? []
  const names = containers.map((container) => container.name)
  if (wanted !== undefined) {
    const found = containers.find((container) => container.name === wanted)
    if (found !== undefined) return found
    const near = nearest(wanted, names)
    throw new InvalidInput(
      'container',
      wanted,
      `one of ${names.join(', ')}${near === undefined ? '' : ` (${near}?)`}`,
    )
  }
  const [only, second] = containers
  if (only === undefined) throw new NotFound('the pod template has no containers')
  if (second !== undefined) {
    throw new InvalidInput(
      'container',
      wanted,
      `one of ${names.join(', ')}: the pods have several containers`,
    )
  }
  return only
}

/** Those that run for as long as the pod does: sidecars (init containers that are always restarted) too. */
export function runningContainers(spec: PodTemplate['spec']): readonly Container[] {
  const { containers = [], initContainers = [] } = spec ?? {}
  return [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')]
}

/** The template with another image in one container. */
export function withImage(template: PodTemplate, container: string, image: string): PodTemplate {
  const spec = template.spec
  if (spec === undefined) return template
  const containers = spec.containers.map((each) => (each.name === container ? { ...each, image } : each))
  return { ...template, spec: { ...spec, containers } }
}

export function imageOf(template: PodTemplate | undefined, container: string): string {
  return template?.spec?.containers.find((each) => each.name === container)?.image ?? ''
}
