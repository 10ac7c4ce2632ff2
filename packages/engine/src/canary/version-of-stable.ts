import type { ClusterSight } from '@release-actions/ports'
import { versionOf } from '@release-actions/values'

/** What to call the version that runs: as the record does, as its pods' label says, else by its image. */
export function versionOfStable(
  { digest, label, image }: Pick<ClusterSight['stable'], 'digest' | 'label' | 'image'>,
  nameOf?: (digest: string) => string | undefined,
): string {
  const recorded = digest === undefined ? undefined : nameOf?.(digest)
  return recorded ?? label ?? versionOf(image, digest)
}
