import { jest } from '@jest/globals'

// Tests with real processes, pods and a router wait for things to happen, and a shared runner may stop for seconds. In
// CI such a test has a second and a third try; why it failed the first time is printed all the same.
if (process.env['CI'] !== undefined) jest.retryTimes(2, { logErrorsBeforeRetry: true })
