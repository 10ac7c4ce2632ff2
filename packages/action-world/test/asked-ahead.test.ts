import { expect, test } from '@jest/globals'
import { NO_LEDGER } from '@release-actions/github'
import type { Ledger, LedgerEntry } from '@release-actions/ports'
import { askedAhead } from '../src/asked-ahead.ts'

/** A ledger that is asked for its history, each time with another answer. */
function counting(answer: (time: number) => Promise<readonly LedgerEntry[]>) {
  let times = 0
  const ledger: Ledger = { ...NO_LEDGER, history: () => answer(++times) }
  return { ledger, times: () => times }
}

test('the history is asked for at once, and only once for whoever reads it first', async () => {
  const answers = [[], []]
  const { ledger, times } = counting((time) => Promise.resolve(answers[time - 1] ?? []))
  const ahead = askedAhead(ledger)
  expect(times()).toBe(1)
  expect(await ahead.history()).toBe(answers[0])
  expect(times()).toBe(1)
})

test('whoever reads it again gets what has been written since', async () => {
  const answers = [[], []]
  const ahead = askedAhead(counting((time) => Promise.resolve(answers[time - 1] ?? [])).ledger)
  await ahead.history()
  expect(await ahead.history()).toBe(answers[1])
})

test('a failure is said when it is read, and to nobody when it is not', async () => {
  const failing = (): Promise<never> => Promise.reject(new Error('GitHub is down'))
  const unread = askedAhead(counting(failing).ledger)
  await new Promise((resolve) => setImmediate(resolve))
  await expect(unread.history()).rejects.toThrow('GitHub is down')
})
