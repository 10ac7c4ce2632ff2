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
    const sign = check.conclusion === 'success' ? paint.green('✓') : paint.red('✗')
    say(`Check ${sign} ${check.name}: ${paint.dim(check.output?.title ?? '')}`)
  }
}
