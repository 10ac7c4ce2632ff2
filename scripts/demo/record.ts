import type { EmbeddedGitHub } from '@release-actions/lab'
import { paint, say } from './terminal.ts'

/** Deployments with their statuses, and check runs, oldest first. */
export function printRecord(github: EmbeddedGitHub): void {
  for (const deployment of github.deployments) {
    say(
      `Deployment ${deployment.id} ${paint.bold(deployment.description ?? '')} to ${deployment.environment}`,
    )
    for (const status of deployment.statuses)
      say(`    ${status.state.padEnd(12)} ${paint.dim(status.description)}`)
  }
  for (const check of github.checkRuns) {
    say(`Check ${sign(check.conclusion)} ${paint.dim(check.title ?? check.name)}`)
  }
}

function sign(conclusion: string | null): string {
  if (conclusion === 'success') return paint.green('✓')
  return conclusion === 'failure' ? paint.red('✗') : paint.dim('–')
}
