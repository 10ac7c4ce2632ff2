import { expect, test } from '@jest/globals'
import { systemClock } from '@release-actions/action-kit'
import { fromExecPlugin } from '../../src/config/exec-plugin.ts'

test('a credential plugin whose child holds on to its output is not waited for', async () => {
  const context = {
    name: 'c',
    namespace: undefined,
    clusterName: 'c',
    userName: 'u',
    cluster: {},
    user: {},
    origin: 'kubeconfig',
  }
  const exec = { command: 'sh', args: ['-c', 'sleep 5 & wait'] }
  const access = fromExecPlugin(context, exec, process.env, systemClock(), 100)
  await expect(access(false)).rejects.toMatchObject({
    code: 'forbidden',
    why: ['it did not end within 0.1 s'],
  })
})
