/**
 * `npm run release -- VERSION [--dry-run] [--push] [--archive FOLDER] [--repository OWNER/NAME]`: the release commit and
 * its tags, see RELEASING.md. Without --push nothing leaves this machine.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { inRepo } from './lib/repo.ts'
import { run } from './lib/run.ts'
import { release } from './release/release.ts'

const USAGE = 'npm run release -- VERSION [--dry-run] [--push] [--archive FOLDER] [--repository OWNER/NAME]'

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      'dry-run': { type: 'boolean', default: false },
      push: { type: 'boolean', default: false },
      archive: { type: 'string' },
      repository: { type: 'string' },
    },
  })
  const [version, ...rest] = positionals
  if (version === undefined || rest.length > 0) throw new Error(`one version is needed: ${USAGE}`)
  const { archive, repository, push } = values
  const dryRun = values['dry-run']
  const done = await release({
    root: inRepo(),
    version,
    dryRun,
    push: push && !dryRun,
    ...(archive === undefined ? {} : { archive: resolve(archive) }),
    ...(repository === undefined ? {} : { repository }),
    staleDist: async () => {
      const { ok, output } = await run('bundles', ['scripts/build.ts', '--check'])
      return ok ? undefined : output.trim()
    },
  })
  console.log(
    `${dryRun ? 'Would release' : 'Released'} ${done.version} of ${done.repository} from ${done.source}`,
  )
  console.log(`\nactions:   ${done.actions.join(', ')}\nworkflows: ${done.workflows.join(', ')}\n`)
  for (const [tag, commit] of Object.entries(done.tags)) console.log(`${tag.padEnd(18)} ${commit}`)
  console.log(`\n${done.notes}`)
  if (!dryRun && !push)
    console.log(`Nothing was pushed. To publish:\n  git push --atomic origin ${refs(done.tags)}`)
} catch (error) {
  console.error(`No release: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

/** A version's tag is never forced; that of a major moves. */
function refs(tags: Readonly<Record<string, string>>): string {
  return Object.keys(tags)
    .map((tag) => (tag.includes('.') ? `refs/tags/${tag}` : `+refs/tags/${tag}`))
    .join(' ')
}
