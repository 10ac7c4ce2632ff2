import { expect, test } from '@jest/globals'
import { systemClock } from '@release-actions/action-kit'
import type { CredentialSource } from '../../src/config/credentials.ts'
import { fromExecPlugin } from '../../src/config/exec-plugin.ts'

function pluginOf(args: readonly string[], limit?: number): CredentialSource {
  const context = {
    name: 'c',
    namespace: undefined,
    clusterName: 'c',
    userName: 'u',
    cluster: {},
    user: {},
    origin: 'kubeconfig',
  }
  return fromExecPlugin(context, { command: 'sh', args }, process.env, systemClock(), limit)
}

test('a credential plugin whose child holds on to its output is not waited for', async () => {
  const access = pluginOf(['-c', 'sleep 5 & wait'], 100)
  await expect(access(false)).rejects.toMatchObject({
    code: 'forbidden',
    why: ['it did not end within 0.1 s'],
  })
})

test('the error of a credential plugin shows its arguments without the secrets among them', async () => {
  const secrets = ['--oidc-client-secret=hunter2', '--token', 'hunter3']
  const access = pluginOf(['-c', 'exit 1', 'get-token', ...secrets, '--client-id=me'])
  await expect(access(false)).rejects.toMatchObject({
    message: expect.stringMatching(/ get-token --oidc-client-secret=\*\*\* --token \*\*\* --client-id=me$/),
  })
})
