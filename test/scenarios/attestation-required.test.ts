/** With require-attestation a release begins only with what this repository's own workflow built. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { startSigstore, type EmbeddedSigstore } from '@release-actions/lab'
import { appFiles } from '../support/app.ts'
import { errorless, errorOf } from '../support/evidence.ts'
import { embeddedScenario } from '../support/scene.ts'

describe('an image', () => {
  let sigstore: EmbeddedSigstore
  let folder: string
  let jobEnv: Readonly<Record<string, string>>
  let inputs: Readonly<Record<string, string>>
  beforeAll(async () => {
    sigstore = await startSigstore()
    folder = mkdtempSync(join(tmpdir(), 'trusted-'))
    writeFileSync(join(folder, 'root.jsonl'), sigstore.trustedRoot)
    inputs = {
      plan: '100',
      soak: '300ms',
      manifests: '',
      version: '',
      'require-attestation': 'true',
      'trusted-root': join(folder, 'root.jsonl'),
    }
    // The certificates of the lab's Sigstore name github.com, as those of every public repository.
    jobEnv = { GITHUB_SERVER_URL: 'https://github.com' }
  })
  afterAll(async () => {
    await sigstore.close()
    rmSync(folder, { recursive: true })
  })
  const by = (
    repository: string,
    workflow = `${repository}/.github/workflows/build.yml@refs/heads/main`,
  ) => ({
    repository,
    workflow,
  })

  embeddedScenario('that is attested by it is released', { rate: 0 }, async (scene, { images }) => {
    const image = images.add('registry.example/shop/web:1.4.0', appFiles('1.4.0'))
    const digest = image.slice(image.indexOf('@') + 1)
    scene.github.attest(digest, await sigstore.sign({ digest, ...by('octo/shop') }))
    const done = await scene.release({ version: '1.4.0', inputs: { ...inputs, image }, jobEnv })

    expect(errorless(done)).toEqual([])
    expect(done.outputs).toMatchObject({ decision: 'promoted', digest })
    expect(done.log).toMatch(
      /was built from commit a{40} and attested by https:\/\/github\.com\/octo\/shop\//,
    )
  })

  embeddedScenario(
    'that is attested by another, by another workflow or by nobody is refused before anything is touched',
    { rate: 0 },
    async (scene, kubernetes) => {
      const cases = [
        [undefined, /is not attested by octo\/shop/],
        [by('evil/shop'), /built from https:\/\/github\.com\/evil\/shop/],
        [by('octo/shop', 'evil/tools/.github/workflows/x.yml@refs/heads/main'), /signed by .*evil\/tools/],
      ] as const
      for (const [n, [statement, why]] of cases.entries()) {
        const image = kubernetes.images.add(`registry.example/shop/web:1.${n}.0`, appFiles(`1.${n}.0`))
        const digest = image.slice(image.indexOf('@') + 1)
        if (statement !== undefined)
          scene.github.attest(digest, await sigstore.sign({ digest, ...statement }))
        const from = kubernetes.requests.length
        const done = await scene.release({ version: `1.${n}.0`, inputs: { ...inputs, image }, jobEnv })
        expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'forbidden' })
        expect(errorOf(done)).toMatch(why)
        expect(kubernetes.requests.since(from)).toEqual([])
        expect(scene.github.deployments).toEqual([])
      }
    },
  )

  embeddedScenario('that the token may not ask for is not passed', { rate: 0 }, async (scene, { images }) => {
    const image = images.add('registry.example/shop/web:1.4.0', appFiles('1.4.0'))
    scene.github.fault({
      operations: ['repos/list-attestations'],
      times: Infinity,
      fault: { kind: 'status', status: 403, message: 'Resource not accessible by integration' },
    })
    const done = await scene.release({ version: '1.4.0', inputs: { ...inputs, image }, jobEnv })
    expect(done.outputs['reason-code']).toBe('forbidden')
    expect(errorOf(done)).toMatch(/attestations: read/)
  })
})
