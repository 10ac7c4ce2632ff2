/** The examples of build-artifact's page, run as they stand but for the registry. */
import { join } from 'node:path'
import { chmodSync } from 'node:fs'
import { expect, jest, test } from '@jest/globals'
import { openYard } from '../support/artifact.ts'
import { readWorkflow, stepsOf } from '../support/example.ts'

// Each starts processes, and a version settles for three seconds.
jest.setTimeout(120_000)

function example(name: string, repository: string): Readonly<Record<string, string>> {
  const workflow = readWorkflow(`actions/build-artifact/examples/${name}.yml`)
  const step = stepsOf(workflow).find(({ uses }) => uses?.startsWith('org/release-actions/build-artifact@'))
  const inputs = Object.entries(step?.with ?? {}).map(([key, value]) => [
    key,
    String(value).replace(/^ghcr\.io\/org\/[\w-]+$/, repository),
  ])
  return { ...Object.fromEntries(inputs), version: '' } as Readonly<Record<string, string>>
}

test('build-and-release: by docker', async () => {
  await using yard = await openYard()
  const built = await yard.build({ inputs: example('build-and-release', yard.repository) })
  expect(built.verdict).toBe('built (0)')
  expect(yard.registry.tags('org/shop')['latest']).toBe(built.digest)
})

test('by-command: by any other means', async () => {
  await using yard = await openYard()
  yard.write(
    'scripts/build-image.sh',
    '#!/bin/sh\ndocker build --file Dockerfile --tag "$1" . && docker push "$1"\n',
  )
  chmodSync(join(yard.workspace, 'scripts/build-image.sh'), 0o755)
  expect((await yard.build({ inputs: example('by-command', yard.repository) })).verdict).toBe('built (0)')
})

test('files: packed', async () => {
  await using yard = await openYard()
  yard.write('scripts/build-site.sh', '#!/bin/sh\nmkdir -p public && echo hello > public/index.html\n')
  chmodSync(join(yard.workspace, 'scripts/build-site.sh'), 0o755)
  expect((await yard.build({ inputs: example('files', yard.repository) })).verdict).toBe('built (0)')
})

test('files-of-a-run: kept with the run', async () => {
  await using yard = await openYard({ results: true })
  yard.write('scripts/build-site.sh', '#!/bin/sh\nmkdir -p public && echo hello > public/index.html\n')
  chmodSync(join(yard.workspace, 'scripts/build-site.sh'), 0o755)
  const inputs = { ...example('files-of-a-run', yard.repository), image: '' }
  expect((await yard.build({ inputs })).verdict).toBe('built (0)')
  expect(yard.github.artifacts).toHaveLength(1)
})
