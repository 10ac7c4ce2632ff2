import { expect, test } from '@jest/globals'
import type { Kit } from '@release-actions/action-kit'
import type { Http } from '@release-actions/http'
import { closeRecord } from '../src/close-record.ts'

test('a GitHub that does not answer does not hold post up, and what is not written then is said', async () => {
  const silent: Partial<Http> = { request: () => new Promise(() => undefined) }
  const said: string[] = []
  const kit = {
    context: {
      run: { id: 7, attempt: 1 },
      sha: 'abc',
      owner: 'octo',
      repo: 'shop',
      apiUrl: 'https://github.test',
      headSha: () => 'abc',
    },
    clock: { now: Date.now, sleep: () => Promise.resolve() },
    log: { warning: (text: string) => said.push(text), line: () => undefined },
  }
  await closeRecord({
    inputs: { record: true, environment: 'production', token: 't' },
    kit: kit as unknown as Kit,
    http: silent as Http,
    service: 'shop',
    namespace: 'shop',
    workload: 'shop',
    deployment: 41,
    landed: undefined,
    reason: 'cancelled',
  })
  expect(said).toEqual(['the record on GitHub is not complete: no answer within 15 s'])
})
