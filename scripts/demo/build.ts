/** The demo's first step: the artifact that version 2's release names by its digest. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAction, type ActionResult, type EmbeddedGitHub } from '@release-actions/lab'
import { inRepo } from '../lib/repo.ts'
import { clock, now, paint, say } from './terminal.ts'

export interface Artifact {
  /** `127.0.0.1:41234/octo/shop@sha256:…` */
  readonly image: string
  readonly digest: string
  readonly result: ActionResult
}

/**
 * Builds the shop with the bundled build-artifact, and pushes it to that registry.
 * @throws Error with the action's own message when nothing was built
 */
export async function buildArtifact(
  github: EmbeddedGitHub,
  registry: string,
  version: string,
  tell: (line: string) => void = say,
): Promise<Artifact> {
  const from = now()
  const result = await buildShop(github, registry, version, {
    onLine: (line) => {
      const [, stage] = /^\d\d:\d\d:\d\dZ ((?:Build|Publish): .*)$/u.exec(line) ?? []
      if (stage !== undefined) tell(`${clock(now() - from)}  ${paint.bold(stage)}`)
    },
  })
  const { image = '', digest = '', size = '' } = result.outputs
  if (image === '') throw new Error(`nothing was built: ${result.outputs['message'] ?? result.log}`)
  tell(paint.green(`${result.outputs['decision'] ?? ''}: shop ${version}, ${size} bytes to pull`))
  tell(image)
  return { image, digest, result }
}

/** The action as the runner runs it, however it ends. @param order.readme makes another image of it */
export async function buildShop(
  github: EmbeddedGitHub,
  registry: string,
  version: string,
  order: { readonly readme?: string; readonly onLine?: (line: string) => void } = {},
): Promise<ActionResult> {
  const workspace = mkdtempSync(join(tmpdir(), 'workspace-'))
  try {
    mkdirSync(join(workspace, 'shop'))
    copyFileSync(inRepo('packages/lab/apps/shop.cjs'), join(workspace, 'shop/shop.cjs'))
    writeFileSync(join(workspace, 'shop/package.json'), JSON.stringify({ name: 'shop', version }))
    if (order.readme !== undefined) writeFileSync(join(workspace, 'shop/README'), order.readme)
    const tool = `"${process.execPath}" "${inRepo('scripts/demo/build-image.ts')}"`
    return await startAction({
      dir: inRepo('dist/build-artifact'),
      github: github.run(),
      workspace,
      // Nobody's own credentials: the registry is this process's.
      env: { DOCKER_CONFIG: workspace },
      inputs: { image: `${registry}/octo/shop`, version, command: `${tool} shop "$RELEASE_IMAGE"` },
      ...(order.onLine === undefined ? {} : { onLine: order.onLine }),
    }).done
  } finally {
    rmSync(workspace, { recursive: true, force: true })
  }
}
