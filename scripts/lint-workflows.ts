/**
 * `npm run lint:workflows`: actionlint and zizmor over every workflow and action, those of the examples and of the pages
 * too. Needs both: `npm run tools`. The last line counts the files.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inRepo } from './lib/repo.ts'
import { toolPath, type Tool } from './lib/tools.ts'
import { fileName, workflowTexts, writeProject, writeProjectAsItIs } from './lint/workflow-project.ts'

const folder = mkdtempSync(join(tmpdir(), 'lint-workflows-'))
try {
  const texts = workflowTexts()
  const [local, asItIs] = [join(folder, 'local'), join(folder, 'as-it-is')]
  writeProject(local, texts)
  writeProjectAsItIs(asItIs, texts)
  // Scripts are checked by what runs them; what shellcheck a machine has must not decide.
  const linted = run('actionlint', ['-no-color', '-oneline', '-shellcheck=', '-pyflakes='], local)
  const quiet = ['--offline', '--no-progress', '--quiet', '--format=plain']
  const audited = run('zizmor', [...quiet, '--config', inRepo('.github/zizmor.yml'), '.'], asItIs)
  for (const text of [linted, audited]) if (text !== '') console.error(withSources(text))
  const ok = linted === '' && audited === ''
  process.exitCode = ok ? 0 : 1
  console.log(ok ? `${texts.length} passed, 0 failed` : `0 passed, ${texts.length} failed`)

  /** With the names that people know. */
  function withSources(text: string): string {
    return texts.reduce(
      (all, { source }) => all.replaceAll(`.github/workflows/${fileName(source)}:`, `${source}: `),
      text.replaceAll('./.github/', '.github/'),
    )
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** @returns what it complains of; nothing when it does not */
function run(tool: Tool, args: readonly string[], cwd: string): string {
  const path = toolPath(tool)
  if (path === undefined) {
    console.error(`${tool} is not here. \`npm run tools ${tool}\` brings it.`)
    process.exit(2)
  }
  const { status, stdout, stderr, error } = spawnSync(path, args, { cwd, encoding: 'utf8' })
  if (error !== undefined) throw error
  return status === 0 ? '' : `${tool}:\n${stdout}${stderr}`
}
