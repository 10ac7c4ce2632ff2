import type { ReleaseId } from '../../src/index.ts'

/** Version `n` of the shop, known by its template. */
export const id = (n: number): ReleaseId => ({
  version: `${n}`,
  digest: undefined,
  image: `shop:${n}`,
  template: `t${n}`,
})
