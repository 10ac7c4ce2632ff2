import { runAction } from '@release-actions/action-kit'
import { INPUTS } from './inputs.ts'

// What an input error does not need is loaded only once the inputs are good.
await runAction(INPUTS, async (inputs, kit) => (await import('./run.ts')).run(inputs, kit), {
  configured: 'build-artifact',
})
