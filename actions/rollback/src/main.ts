import { runAction } from '@release-actions/action-kit'
import { checkInputs } from './check-inputs.ts'
import { INPUTS } from './inputs.ts'

// What an input error does not need is loaded only once the inputs are good.
await runAction(
  INPUTS,
  async (inputs, kit) => {
    if (!kit.post) checkInputs(inputs)
    await (await import('./run.ts')).run(inputs, kit)
  },
  { configured: 'rollback' },
)
