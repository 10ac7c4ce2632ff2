/** What build-artifact built runs as a pod, by its digest, through canary-step. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, jest, test } from '@jest/globals'
import { containersOf } from '../support/app.ts'
import { openScene } from '../support/scene.ts'
import { openSite, told } from './support/build.ts'

jest.setTimeout(300_000)

const withCluster = (process.env['KUBECONFIG'] ?? '') === '' ? test.skip : test

withCluster('the image that was built is released by its digest', async () => {
  await using site = await openSite({
    Dockerfile: 'FROM scratch\nCOPY root/ /\nENV PATH=/usr/local/bin\nENTRYPOINT ["node"]\n',
  })
  // Node and the libraries that it needs: an image without a base, since there is none to pull.
  const node = process.execPath
  const libraries = execFileSync('ldd', [node], { encoding: 'utf8' }).match(/\/\S+/g) ?? []
  for (const [from, to] of [[node, '/usr/local/bin/node'], ...libraries.map((path) => [path, path])]) {
    if (from === undefined || to === undefined) continue
    mkdirSync(dirname(join(site.workspace, 'root', to)), { recursive: true })
    copyFileSync(from, join(site.workspace, 'root', to))
  }
  const built = await site.build({ version: '2.0.0' })
  expect(told(built)).toBe('built')
  const image = built.outputs['image'] ?? ''

  await using scene = await openScene({ rate: 0, replicas: 1 })
  const done = await scene.release({
    version: '2.0.0',
    inputs: { plan: '100', soak: '300ms', manifests: '', version: '', image },
  })
  expect(told(done)).toBe('promoted')
  expect(done.outputs['digest']).toBe(built.outputs['digest'])
  await scene.stage.rolledOut('shop')
  expect(containersOf(await scene.stage.get('Deployment', 'shop'))).toMatchObject([{ image }])
})
