import { expect, test } from '@jest/globals'
import { ROLE_RULES } from '@release-actions/kubernetes'
import { DESIGNED_ROLE, permissionsOf } from '../support/role.ts'

test('the Role that the docs print and preflight checks is the designed one, no verb more', () => {
  expect(permissionsOf(ROLE_RULES)).toEqual(permissionsOf(DESIGNED_ROLE))
})
