import type { Kit } from '@release-actions/action-kit'
import { connect, type Connection } from '@release-actions/kubernetes'

/**
 * The cluster that the kubeconfig names, with everything secret in it masked; nothing is asked of it yet.
 * @throws InvalidInput, NotFound
 */
export async function connectCluster(
  inputs: { readonly kubeconfig: string | undefined; readonly kubeContext: string | undefined },
  kit: Pick<Kit, 'clock' | 'mask'>,
): Promise<Connection> {
  const connection = await connect({
    kubeconfig: inputs.kubeconfig,
    context: inputs.kubeContext,
    env: process.env,
    clock: kit.clock,
  })
  kit.mask(await connection.secrets())
  return connection
}
