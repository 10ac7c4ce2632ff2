import { expect, test } from '@jest/globals'
import { startGitHub } from '../../src/github/index.ts'
import { readDescription } from '../../src/github/openapi/description.ts'
import { OPERATIONS } from '../../src/github/openapi/operations.ts'
import { clientOf, deployment } from './ask.ts'

test('the committed description is of exactly the operations that are served', () => {
  const named = ({
    id,
    method,
    path,
  }: {
    readonly id: string
    readonly method: string
    readonly path: string
  }) => `${id} ${method} ${path}`
  expect(readDescription().operations.map(named)).toEqual(OPERATIONS.map(named))
})

test('every object of a request is closed, unless GitHub says that it is open', () => {
  const open: string[] = []
  const look = (value: unknown, at: string): void => {
    if (typeof value !== 'object' || value === null) return
    const schema = value as Readonly<Record<string, unknown>>
    const named = schema['properties']
    if (
      schema['type'] === 'object' &&
      typeof named === 'object' &&
      schema['additionalProperties'] === undefined
    )
      open.push(at)
    for (const [key, inner] of Object.entries(schema)) look(inner, `${at}/${key}`)
  }
  for (const { id, request } of readDescription().operations) look(request, id)
  expect(open).toEqual([])
})

test('a response that is not as GitHub describes it is a 500 that names the field, and a violation', async () => {
  const github = await startGitHub()
  const client = clientOf(github)
  await client.post('/deployments', deployment(github))
  Object.assign(github.deployments[0] ?? {}, { task: 7 })
  const reply = await client.get('/deployments/1001')
  expect([reply.status, reply.at('message')]).toEqual([500, expect.stringContaining('/task must be string')])
  expect(github.violations).toMatchObject([
    { kind: 'response', operation: 'repos/get-deployment', field: '/task' },
  ])
  await github.close()
})
