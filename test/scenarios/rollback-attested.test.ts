/** With require-attestation a rollback gives users only what this repository's own workflow built. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { startSigstore, type EmbeddedKubernetes, type EmbeddedSigstore } from '@release-actions/lab'
import { appFiles, footprintOf } from '../support/app.ts'
import { errorless, errorOf } from '../support/evidence.ts'
import { recordOf, rollBack } from '../support/rollback.ts'
import { embeddedScenario, type Scene } from '../support/scene.ts'

describe('a rollback that requires attestations', () => {
  let sigstore: EmbeddedSigstore
  let folder: string
  let required: Readonly<Record<string, string>>
  beforeAll(async () => {
    sigstore = await startSigstore()
    folder = mkdtempSync(join(tmpdir(), 'trusted-'))
    writeFileSync(join(folder, 'root.jsonl'), sigstore.trustedRoot)
    required = { 'require-attestation': 'true', 'trusted-root': join(folder, 'root.jsonl') }
  })
  afterAll(async () => {
    await sigstore.close()
    rmSync(folder, { recursive: true })
  })

  // The certificates of the lab's Sigstore name github.com, as those of every public repository.
  const env = { GITHUB_SERVER_URL: 'https://github.com' }
  const SIGNER = 'octo/shop/.github/workflows/build.yml'

  async function attest({ github }: Scene, digest: string, repository = 'octo/shop'): Promise<void> {
    github.attest(digest, await sigstore.sign({ digest, repository, workflow: `${SIGNER}@refs/heads/main` }))
  }

  /** @returns the digest */
  async function release(
    scene: Scene,
    { images }: EmbeddedKubernetes,
    version: string,
    id: number,
    inputs: Readonly<Record<string, string>> = { plan: '100' },
  ): Promise<string> {
    const image = images.add(`registry.example/shop/web:${version}`, appFiles(version))
    const given = { soak: '200ms', manifests: '', version, image, ...inputs }
    const done = await scene.release({ version, run: { id }, inputs: given })
    expect(errorless(done)).toEqual([])
    return image.slice(image.indexOf('@') + 1)
  }

  embeddedScenario(
    'restores what is attested, and by the workflow that may sign; refuses the rest before anything is touched',
    { rate: 0 },
    async (scene, kubernetes) => {
      const digest = await release(scene, kubernetes, '1.4.0', 7100)
      await release(scene, kubernetes, '1.5.0', 7200)
      const before = await footprintOf(scene.stage)
      const refused = async (why: RegExp, inputs: Readonly<Record<string, string>> = {}): Promise<void> => {
        const done = await rollBack(scene, { env, run: { id: 7300 }, inputs: { ...required, ...inputs } })
        expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'forbidden', failed: 'shop' })
        expect(errorOf(done)).toMatch(why)
        expect(errorOf(done)).toContain('run it again without require-attestation')
        expect(await footprintOf(scene.stage)).toEqual(before)
        expect(recordOf(scene)).toEqual(['release shop 1.4.0: inactive', 'release shop 1.5.0: success'])
      }
      await refused(/is not attested by octo\/shop/)
      await attest(scene, digest, 'evil/shop')
      await refused(/built from https:\/\/github\.com\/evil\/shop/)
      await attest(scene, digest)
      await refused(/signed by/, { 'signer-workflow': 'octo/other/.github/workflows/build.yml' })
      const down = scene.github.fault({
        operations: ['repos/list-attestations'],
        times: Infinity,
        fault: { kind: 'status', status: 503 },
      })
      await refused(/cannot be found out/)
      down.withdraw()

      const inputs = { ...required, 'signer-workflow': SIGNER }
      const done = await rollBack(scene, { env, run: { id: 7400 }, inputs })
      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'rolled-back', version: '1.4.0', digest })
      expect(done.log).toMatch(/was built from commit a{40} and attested by/)
    },
  )

  embeddedScenario(
    'ends what is in flight unasked: what served before serves most users already',
    { rate: 0 },
    async (scene, kubernetes) => {
      await release(scene, kubernetes, '1.4.0', 7100)
      await release(scene, kubernetes, '1.5.0', 7200, { plan: '50, 100', weight: '50' })
      const done = await rollBack(scene, { env, run: { id: 7300 }, inputs: required })
      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'rolled-back', version: '1.4.0' })
    },
  )
})
