/**
 * What tells two processes of one run apart on the Lease: different for every process. It guards against accidents, not
 * against anybody (whoever may write the Lease may do anything), so it need not wait for node:crypto.
 */
export function newNonce(): string {
  return Math.random().toString(16).slice(2, 14).padEnd(12, '0')
}
