import Sequencer from '@jest/test-sequencer'

/**
 * In which order the test files begin. jest knows only their sizes where nothing has run before, and sizes say little:
 * the tests that kill a release at each of its calls are short to read and take minutes, and were the last to begin, on
 * a machine that was otherwise idle by then. What waits the longest begins first; unit tests fill what is left.
 */
const ORDER = [
  /[/]test[/](faults|cluster)[/]/,
  /[/]test[/]scenarios[/](bluegreen|rollback)-/,
  /[/]test[/]scenarios[/]/,
  /./,
]

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => ORDER.findIndex((pattern) => pattern.test(path))
    // Stable: within a rank, as jest has it (what failed, then by time or by size).
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b))
  }
}
