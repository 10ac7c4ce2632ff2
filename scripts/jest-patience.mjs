import { jest } from '@jest/globals'

// Tests with real processes, pods and a router wait for things to happen, and a shared runner may stop for seconds. In
// CI such a test has a second and a third try; why it failed the first time is printed all the same.
if (process.env['CI'] !== undefined) jest.retryTimes(2, { logErrorsBeforeRetry: true })

// Jest gives a test 5 s. That is a statement about the machine, not about what is tested: two cores that also compile
// miss it. A test that hangs is still ended.
jest.setTimeout(60_000)
