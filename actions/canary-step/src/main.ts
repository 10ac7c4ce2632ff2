import { runAction } from '@release-actions/action-kit'
import { INPUTS } from './inputs.ts'
import { run } from './run.ts'

await runAction(INPUTS, run)
