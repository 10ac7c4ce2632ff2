import { runAction } from '@release-actions/action-kit'
import { placeOf } from './fits.ts'
import { INPUTS } from './inputs.ts'

// What an input error does not need is loaded only once the inputs are good.
await runAction(
  INPUTS,
  async (inputs, kit) => {
    const place = placeOf(inputs)
    await (await import('./run.ts')).run(inputs, place, kit)
  },
  { configured: 'build-artifact' },
)
